package worker

import "time"

// clock is the time of the grid. It runs with the monotonic clock from where the
// wall clock stood at its start: a step of the wall clock never moves segments.
type clock struct {
	// wall is asked once, when the clock is made.
	wall  *wallClock
	first time.Time // what it said
	began time.Time // by the monotonic clock
	ahead time.Duration
}

func newClock() clock {
	wall := new(wallClock)
	return clock{wall: wall, first: wall.now(), began: time.Now()}
}

// now is the time of the grid.
func (c clock) now() time.Time { return c.first.Add(time.Since(c.began) + c.ahead) }

// notBefore returns a clock that says t or later: for a worker that starts
// after the wall clock was set back, whose numbers go on from the last one.
func (c clock) notBefore(t time.Time) clock {
	if d := t.Sub(c.now()); d > 0 {
		c.ahead += d
	}
	return c
}
