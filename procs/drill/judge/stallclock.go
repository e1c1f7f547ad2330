package judge

import (
	"context"
	"slices"
	"sync"
	"time"

	"livestream-tui/procs/drill/poll"
	"livestream-tui/services/viewer/player"
)

// StallClock notes when this process did not get to run: what was late then may have been
// late because of the machine. Safe for concurrent use.
type StallClock struct {
	mu     sync.Mutex
	stalls []player.Wait // oldest first; guarded by mu
}

const (
	tick = 10 * time.Millisecond
	// ordinaryDelay is how late a timer may be on an idle machine.
	ordinaryDelay = 20 * time.Millisecond
	stallsMost    = 10_000
)

// Run measures until ctx is cancelled.
func (c *StallClock) Run(ctx context.Context) {
	for {
		due := time.Now().Add(tick)
		if poll.Sleep(ctx, tick) != nil {
			return
		}
		if late := time.Since(due); late > ordinaryDelay {
			c.add(player.Wait{At: due, Length: late})
		}
	}
}

func (c *StallClock) add(w player.Wait) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stalls = append(c.stalls, w)
	c.stalls = c.stalls[max(0, len(c.stalls)-stallsMost):]
}

// Stalls returns the times at which this process did not get to run.
func (c *StallClock) Stalls() []player.Wait {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.stalls)
}
