package stream

import (
	"maps"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

// choice is which packager players are served from, and what is needed to decide
// whether it stays so. A value: next returns the one after it. The zero value has
// chosen nobody. The origin prefers, the proxy decides.
type choice struct {
	// Active is the base URL of the packager chosen, empty before the first.
	Active string
	// preferred is what the origin said last.
	preferred string
	// left tells of each packager that was left for what we saw of it.
	left map[string]leave
}

// leave is a packager's bad record.
type leave struct {
	at   time.Time
	wait time.Duration // of good health before players go back
	good time.Time     // since when it is good again; zero while it is not
}

// Move is a change from one packager to another; From is empty for the first.
type Move struct{ From, To, Cause string }

// The wait before players go back to a packager that was left: at first, and at
// the most, after which it does not double any more (FAILURES.md, case 26).
const (
	returnFirst = 30 * time.Second
	returnMost  = 5 * time.Minute
)

// next decides after a judgement. preferred is the origin's word, empty for none,
// which is followed once that packager is not behind; verdicts are in the order of
// PACKAGERS.
func (c choice) next(verdicts []health.Verdict, preferred string, now time.Time) (choice, *Move) {
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
		if l, bad := c.left[preferred]; bad && !asked && (l.good.IsZero() || now.Sub(l.good) < l.wait) {
			return c, nil
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

func (c choice) to(packager, cause string) (choice, *Move) {
	m := &Move{From: c.Active, To: packager, Cause: cause}
	c.Active = packager
	return c, m
}

// observe notes since when each packager that was left is good again.
func (c choice) observe(verdicts []health.Verdict, now time.Time) choice {
	if len(c.left) == 0 {
		return c
	}
	left := maps.Clone(c.left)
	for _, v := range verdicts {
		l, ok := left[v.Packager]
		switch {
		case !ok:
			continue
		case v.State != report.Up:
			l.good = time.Time{}
		case l.good.IsZero():
			l.good = now
		case now.Sub(l.good) > 2*returnMost:
			delete(left, v.Packager) // long forgiven
			continue
		}
		left[v.Packager] = l
	}
	c.left = left
	return c
}

// leave notes that the active packager is left for what we saw of it: again soon,
// and the wait doubles.
func (c choice) leave(now time.Time) choice {
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
