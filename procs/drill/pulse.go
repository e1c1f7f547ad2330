package drill

import (
	"context"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/viewer/player"
)

// pulse tells when this process did not get to run: what came late then may have
// been late by the machine. Safe for concurrent use.
type pulse struct {
	mu   sync.Mutex
	late []player.Wait // oldest first; guarded by mu
}

const (
	pulsePeriod = 10 * time.Millisecond
	// pulseLate is what a sleeper may oversleep on a machine at ease.
	pulseLate = 20 * time.Millisecond
	pulseKept = 10_000
)

// run feels it until ctx is cancelled.
func (p *pulse) run(ctx context.Context) {
	for {
		due := time.Now().Add(pulsePeriod)
		if sleep(ctx, pulsePeriod) != nil {
			return
		}
		if late := time.Since(due); late > pulseLate {
			p.add(player.Wait{At: due, Length: late})
		}
	}
}

func (p *pulse) add(w player.Wait) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late = append(p.late, w)
	p.late = p.late[max(0, len(p.late)-pulseKept):]
}

func (p *pulse) starved() []player.Wait {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.late)
}
