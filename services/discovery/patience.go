package discovery

import "time"

// The pauses between two tries to give the reporter its first report: they double from
// the first to the last, and each is longer by up to jitter, so that several discoveries
// do not run in step.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
	jitter     = 0.2
)

// patience says how long to wait before the next try, and when to give up.
type patience struct {
	until time.Time
	pause time.Duration
}

func newPatience(now time.Time, limit time.Duration) patience {
	return patience{until: now.Add(limit), pause: firstPause}
}

// after returns the pause before the next try and the patience that is left after it, and
// false when none is left. random is between 0 and 1.
func (p patience) after(now time.Time, random float64) (time.Duration, patience, bool) {
	left := p.until.Sub(now)
	if left <= 0 {
		return 0, p, false
	}
	pause := p.pause + time.Duration(float64(p.pause)*jitter*random)
	p.pause = min(2*p.pause, lastPause)
	return min(pause, left), p, true
}
