package model

import (
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
)

// countdown is a signal's way to off air.
type countdown struct {
	// since is when it began, seen when it was last seen to run, and ended when it was first
	// seen not to run any more; zero while it runs.
	since, seen, ended time.Time
	until              time.Time
	cause              platform.AirCause
}

// lookAtCountdowns looks whether countdowns have begun or ended, which the end or the start
// of a process may do at once.
func (m *Model) lookAtCountdowns(now time.Time) {
	s := m.Now
	s.At = now
	if !s.Stopping {
		m.publishAverted(onair.Complete(s))
	}
}

// publishAverted publishes which signals stay on air after all: new media has come after
// their countdown. s has the lights at its time.
func (m *Model) publishAverted(s platform.Snapshot) {
	counts := map[string]countdown{}
	for _, l := range s.OnAir.Signals {
		was, ran := m.countdowns[l.Signal]
		switch came := l.LastSegment; {
		case l.State == platform.AirOffSoon && l.Due:
			if !ran {
				was.since = s.At
			}
			counts[l.Signal] = countdown{since: was.since, seen: s.At, until: l.Until, cause: l.Cause}
		case !ran || l.State != platform.AirOn:
			// An outage has events of its own.
		case came.After(was.seen):
			end := came
			if !was.ended.IsZero() && was.ended.Before(came) {
				end = was.ended
			}
			m.publish(platform.Event{Time: came, What: platform.Averted{
				Signal: l.Signal, Cause: was.cause, LeftMS: max(0, was.until.Sub(came)).Milliseconds(), LengthMS: end.Sub(was.since).Milliseconds(),
			}})
		default:
			if was.ended.IsZero() {
				was.ended = s.At
			}
			counts[l.Signal] = was
		}
	}
	m.countdowns = counts
}
