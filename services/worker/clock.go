package worker

import "time"

// clock is the time of the grid. It starts at the time of the wall clock and runs with the
// monotonic one: a step of the wall clock never moves segments.
type clock struct {
	// wall is read once, when the clock is made.
	wall  *wallClock
	first time.Time // what wall said then
	began time.Time // by the monotonic clock
	ahead time.Duration
}

func newClock() clock {
	wall := new(wallClock)
	return clock{wall: wall, first: wall.now(), began: time.Now()}
}

// now is the time of the grid.
func (c clock) now() time.Time { return c.first.Add(time.Since(c.began) + c.ahead) }

// notBefore returns a clock that says t or later: the numbers of a worker that starts after
// the wall clock was set back go on from the last one.
func (c clock) notBefore(t time.Time) clock {
	if d := t.Sub(c.now()); d > 0 {
		c.ahead += d
	}
	return c
}
