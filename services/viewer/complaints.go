package viewer

import (
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

// complaints tell what a player suffers without a line for each time: of what recurs
// when it begins, now and then, and when it ends. Safe for concurrent use.
type complaints struct {
	log hclog.Logger

	mu     sync.Mutex
	recurs event.Recurring // guarded by mu
}

func newComplaints(log hclog.Logger) *complaints { return &complaints{log: log} }

// hear takes what happened: a message and what tells it from others of that message,
// without numbers that move. args are of this time alone.
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

// over tells of what recurs no more.
func (c *complaints) over(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.overSince(now)
}

// overSince needs mu.
func (c *complaints) overSince(now time.Time) {
	for _, t := range c.recurs.Ended(now) {
		if t.Times > 1 { // one alone is told already
			c.log.Info(t.String())
		}
	}
}
