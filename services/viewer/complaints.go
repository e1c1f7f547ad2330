package viewer

import (
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

// complaints logs the errors of a player without a line for each: an error that recurs is
// logged when it begins, now and then, and when it stops. Safe for concurrent use.
type complaints struct {
	log hclog.Logger

	mu     sync.Mutex
	recurs event.Recurring // guarded by mu
}

func newComplaints(log hclog.Logger) *complaints { return &complaints{log: log} }

// hear logs that something happened, when that is due. cause tells it from other events
// with the same message and holds no numbers that change; args are those of this event.
func (c *complaints) hear(message, cause string, args ...any) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.overSince(now)
	t, tell := c.recurs.Seen(message+": "+cause, now)
	if !tell {
		return
	}
	if t.Phase == event.Lasts {
		args = append(args, "times", t.Times, "since", t.Since.Format(time.TimeOnly))
	}
	c.log.Warn(message, args...)
}

// over logs the errors that have stopped.
func (c *complaints) over(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.overSince(now)
}

// overSince needs mu.
func (c *complaints) overSince(now time.Time) {
	for _, t := range c.recurs.Ended(now) {
		if t.Times > 1 { // a single event was logged already
			c.log.Info(t.String())
		}
	}
}
