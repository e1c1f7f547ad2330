package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

// announceEvery is the least time between two announcements of the same work.
const announceEvery = 500 * time.Millisecond

// Announcer announces progress as a line that is written over on a terminal, otherwise
// as events. Safe for concurrent use.
type Announcer struct {
	log      hclog.Logger
	terminal io.Writer // nil for events

	mu   sync.Mutex
	last map[string]time.Time // the last announcement, by the work; guarded by mu
}

// NewAnnouncer returns an announcer that draws on standard error where that is a
// terminal.
func NewAnnouncer(log hclog.Logger, terminal bool) *Announcer {
	a := &Announcer{log: log, last: map[string]time.Time{}}
	if terminal {
		a.terminal = os.Stderr
	}
	return a
}

// Update announces that a stage of a signal is at percent, -1 while another process does
// it.
func (a *Announcer) Update(signal, stage string, percent float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	work := ours(signal, stage)
	if percent < 0 {
		work = theirs(signal, stage)
	}
	now := time.Now()
	if now.Sub(a.last[work]) < announceEvery {
		return
	}
	a.last[work] = now
	switch {
	case a.terminal == nil:
		event.Emit(a.log, work, event.Progress{Signal: signal, Stage: stage, Percent: percent})
	case percent < 0:
		a.draw(work)
	default:
		a.draw(fmt.Sprintf("%s %3.0f %%", work, percent))
	}
}

// Done announces that a stage has ended, and whether it succeeded.
func (a *Announcer) Done(signal, stage string, success bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	work := ours(signal, stage)
	delete(a.last, work)
	delete(a.last, theirs(signal, stage))
	switch {
	case a.terminal == nil && success:
		event.Emit(a.log, work, event.Progress{Signal: signal, Stage: stage, Percent: 100})
	case a.terminal == nil:
	case success:
		a.draw(work + " 100 %\n")
	default:
		a.draw(work + ": failed\n")
	}
}

func ours(signal, stage string) string   { return signal + ": making the " + stage }
func theirs(signal, stage string) string { return signal + ": another worker makes the " + stage }

// draw writes over the line. A terminal that accepts no output is no reason to stop.
func (a *Announcer) draw(text string) { _, _ = fmt.Fprint(a.terminal, "\r\x1b[K"+text) }
