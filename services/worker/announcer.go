package worker

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

// announceEvery is the least time between two signs of the same progress.
const announceEvery = 500 * time.Millisecond

// announcer tells how far long work is: as a line that is written over on a
// terminal, otherwise as events. Safe for concurrent use.
type announcer struct {
	log      hclog.Logger
	terminal io.Writer // nil for events

	mu   sync.Mutex
	last map[string]time.Time // when it was told last, by what; guarded by mu
}

func newAnnouncer(log hclog.Logger, terminal bool) *announcer {
	p := &announcer{log: log, last: map[string]time.Time{}}
	if terminal {
		p.terminal = os.Stderr
	}
	return p
}

// Tell tells that a stage of a signal is at percent, -1 while another process
// makes it.
func (p *announcer) Tell(signal, stage string, percent float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := signal + ": making the " + stage
	if percent < 0 {
		of = signal + ": another worker makes the " + stage
	}
	now := time.Now()
	if now.Sub(p.last[of]) < announceEvery {
		return
	}
	p.last[of] = now
	switch {
	case p.terminal == nil:
		event.Emit(p.log, of, event.Progress{Signal: signal, Stage: stage, Percent: percent})
	case percent < 0:
		p.draw(of)
	default:
		p.draw(fmt.Sprintf("%s %3.0f %%", of, percent))
	}
}

// Done tells that a stage has ended, well or not.
func (p *announcer) Done(signal, stage string, well bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := signal + ": making the " + stage
	delete(p.last, of)
	delete(p.last, signal+": another worker makes the "+stage)
	switch {
	case p.terminal == nil && well:
		event.Emit(p.log, of, event.Progress{Signal: signal, Stage: stage, Percent: 100})
	case p.terminal == nil:
	case well:
		p.draw(of + " 100 %\n")
	default:
		p.draw(of + ": failed\n")
	}
}

// draw writes over the line. A terminal that does not take it is nothing to stop
// for.
func (p *announcer) draw(text string) { _, _ = fmt.Fprint(p.terminal, "\r\x1b[K"+text) }
