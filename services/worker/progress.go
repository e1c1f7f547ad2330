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
	last map[string]time.Time // by signal and stage; guarded by mu
}

func newProgress(log hclog.Logger, terminal bool) *progress {
	p := &progress{log: log, last: map[string]time.Time{}}
	if terminal {
		p.terminal = os.Stderr
	}
	return p
}

// tell tells that a stage of a signal is at percent, -1 for unknown; 0 and 100
// are always told.
func (p *progress) tell(signal, stage string, percent float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := signal + " " + stage
	now := time.Now()
	if percent > 0 && percent < 100 && now.Sub(p.last[key]) < progressEvery {
		return
	}
	p.last[key] = now
	text := fmt.Sprintf("%s: making the %s", signal, stage)
	if percent < 0 {
		text = fmt.Sprintf("%s: %s", signal, stage)
	}
	if p.terminal == nil {
		report.Emit(p.log, text, report.Progress{Signal: signal, Stage: stage, Percent: percent})
		return
	}
	end := ""
	if percent >= 100 {
		end = "\n"
	}
	// A terminal that does not take it is nothing to stop for.
	_, _ = fmt.Fprintf(p.terminal, "\r\x1b[K%s %3.0f %%%s", text, max(percent, 0), end)
}
