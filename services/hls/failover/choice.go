package failover

import (
	"maps"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

// Choice is the packager that players are served from, and what is needed to decide
// whether they stay there. A value: Next returns the one after it. The zero value has
// chosen no packager. The origin prefers, the proxy decides.
type Choice struct {
	// Active is the base URL of the packager chosen, empty before the first.
	Active string
	// preferred is what the origin said last.
	preferred string
	// left has the packagers that players left because they failed.
	left map[string]leave
	up   UpSince
}

// leave is a packager's failure that players left it for.
type leave struct {
	at   time.Time
	wait time.Duration // that it must be up before players go back
}

const (
	// returnFirst is how long a packager that failed must be up before players go back to
	// it. The wait doubles each time it fails again soon, up to returnMost.
	returnFirst = 30 * time.Second
	returnMost  = 5 * time.Minute
)

// Next decides after a judgement. preferred is the origin's word, empty for none,
// which is followed once that packager is not behind; verdicts are in the order of
// PACKAGERS.
func (c Choice) Next(verdicts []health.Verdict, preferred string, now time.Time) (Choice, *Move) {
	asked := preferred != c.preferred // by the origin: the operator, or its own failover
	c.preferred = preferred
	c = c.observe(verdicts, now)
	active, known := find(verdicts, c.Active)
	if known && health.Usable(active.State) {
		want, ok := find(verdicts, preferred)
		if !ok || preferred == c.Active || want.State != report.Up || health.Before(want.Pos, active.Pos) {
			if asked && ok && preferred != c.Active {
				c.preferred = "" // not yet: to be followed when it can be
			}
			return c, nil
		}
		if l, failed := c.left[preferred]; failed && !asked {
			if healthy, up := c.up.For(preferred, now); !up || healthy < l.wait {
				return c, nil
			}
		}
		return c.to(preferred, "the origin prefers "+preferred)
	}
	best := health.Order(verdicts, preferred)[0]
	switch {
	case c.Active == "":
		best = health.Begin(verdicts, preferred)
		if !health.Usable(best.State) && best.State != report.Stale {
			return c, nil
		}
		return c.to(best.Packager, "first choice")
	case best.Packager == c.Active || !known:
		return c, nil
	case !health.Better(best.State, active.State):
		return c, nil // no better off there
	}
	c = c.leave(now)
	return c.to(best.Packager, why(active))
}

func (c Choice) to(packager, cause string) (Choice, *Move) {
	m := &Move{From: c.Active, To: packager, Cause: cause}
	c.Active = packager
	return c, m
}

// observe notes which packagers are up, and forgives those that have been up for long.
func (c Choice) observe(verdicts []health.Verdict, now time.Time) Choice {
	c.up = c.up.Observe(verdicts, now)
	for packager := range c.left {
		if healthy, up := c.up.For(packager, now); up && healthy > 2*returnMost {
			c.left = maps.Clone(c.left)
			delete(c.left, packager)
		}
	}
	return c
}

// leave notes that the active packager is left for what we saw of it: again soon,
// and the wait doubles.
func (c Choice) leave(now time.Time) Choice {
	left := maps.Clone(c.left)
	if left == nil {
		left = map[string]leave{}
	}
	wait := returnFirst
	if l, again := left[c.Active]; again && now.Sub(l.at) < 4*l.wait+time.Minute {
		wait = min(2*l.wait, returnMost)
	}
	left[c.Active] = leave{at: now, wait: wait}
	c.left = left
	return c
}

func why(v health.Verdict) string {
	if v.Reason == "" {
		return v.Packager + " is " + v.State.String()
	}
	return v.Packager + " is " + v.Reason
}

func find(verdicts []health.Verdict, packager string) (health.Verdict, bool) {
	for _, v := range verdicts {
		if v.Packager == packager {
			return v, true
		}
	}
	return health.Verdict{}, false
}
