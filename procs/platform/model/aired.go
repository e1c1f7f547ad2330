package model

import (
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
)

// publishAired publishes which signals have come on air, which no viewer reports on and
// which have ended. It needs a look at the time now and then: a viewer's silence is no fact
// of its own.
func (m *Model) publishAired(now time.Time) {
	s := m.Now
	s.At = now
	s = onair.Complete(s)
	if s.Stopping {
		return
	}
	m.publishAverted(s)
	there := make(map[string]bool, len(s.OnAir.Signals))
	for _, l := range s.OnAir.Signals {
		there[l.Signal] = true
		was, known := m.aired[l.Signal]
		state, at := l.State, l.Since
		switch {
		case state == platform.AirOffSoon, known && state == platform.AirOff:
			state = platform.AirOn // it is watched; an outage has events of its own
		case !known && state != platform.AirOn, state == platform.AirStarting:
			continue // it has not been on air in this run, or is about to be
		}
		if known && was == state {
			continue
		}
		if at.IsZero() || at.After(now) || known {
			at = now // Since is when it began to play, which may be before what it was since
		}
		m.air(platform.Event{Time: at, What: platform.Aired{Signal: l.Signal, State: state, Reason: l.Reason}}, state, l.Signal)
	}
	for signal, was := range m.aired {
		if !there[signal] && was != platform.AirEnded {
			m.air(platform.Event{Time: now, What: platform.Aired{Signal: signal, State: platform.AirEnded, Reason: "it is no longer watched"}}, platform.AirEnded, signal)
		}
	}
}

func (m *Model) air(e platform.Event, state platform.AirState, signal string) {
	if m.aired == nil {
		m.aired = map[string]platform.AirState{}
	}
	m.aired[signal] = state
	if state == platform.AirEnded {
		delete(m.aired, signal)
	}
	m.publish(e)
}
