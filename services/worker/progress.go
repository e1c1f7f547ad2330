package worker

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/report"
)

// progressEvery is the least time between two signs of the same progress.
const progressEvery = 500 * time.Millisecond

// progress tells how far long work is: as a line that is written over on a
// terminal, otherwise as events. Safe for concurrent use.
type progress struct {
	log      hclog.Logger
	terminal io.Writer // nil for events

	mu   sync.Mutex
	last time.Time // guarded by mu
	of   string    // what last is of; guarded by mu
}

func newProgress(log hclog.Logger, terminal bool) *progress {
	p := &progress{log: log}
	if terminal {
		p.terminal = os.Stderr
	}
	return p
}

// tell tells that a stage of a signal is at percent, -1 while another process
// makes it.
func (p *progress) tell(signal, stage string, percent float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := signal + ": making the " + stage
	if percent < 0 {
		of = signal + ": another worker makes the " + stage
	}
	now := time.Now()
	if of == p.of && now.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.of = now, of
	switch {
	case p.terminal == nil:
		report.Emit(p.log, of, report.Progress{Signal: signal, Stage: stage, Percent: percent})
	case percent < 0:
		p.draw(of)
	default:
		p.draw(fmt.Sprintf("%s %3.0f %%", of, percent))
	}
}

// done tells that a stage has ended, well or not.
func (p *progress) done(signal, stage string, well bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of = ""
	of := signal + ": making the " + stage
	switch {
	case p.terminal == nil && well:
		report.Emit(p.log, of, report.Progress{Signal: signal, Stage: stage, Percent: 100})
	case p.terminal == nil:
	case well:
		p.draw(of + " 100 %\n")
	default:
		p.draw(of + ": failed\n")
	}
}

// draw writes over the line. A terminal that does not take it is nothing to stop
// for.
func (p *progress) draw(text string) { _, _ = fmt.Fprint(p.terminal, "\r\x1b[K"+text) }
