package scene

import (
	"time"

	"livestream-tui/procs/journal/summary"
	"livestream-tui/procs/platform"
)

// sparesMost is how many changes are kept.
const sparesMost = 1000

// Spares is when another packager could have taken over, since this dashboard looks.
type Spares struct{ changes []spareChange } // oldest first

type spareChange struct {
	at   time.Time
	what Aired
}

// add adds the spare of a snapshot.
func (s *Spares) add(o platform.OnAir, at time.Time) {
	now := AiredUnknown
	switch {
	case o.State != platform.AirOn && o.State != platform.AirOff && o.State != platform.AirOffSoon:
	case o.Spare:
		now = AiredWell
	default:
		now = AiredBadly
	}
	if n := len(s.changes); n == 0 || s.changes[n-1].what != now {
		s.changes = append(s.changes[max(0, n-sparesMost+1):], spareChange{at, now})
	}
}

// In returns what a span of time was like, the worst of it, up to now.
func (s *Spares) In(span summary.Span, now time.Time) Aired {
	span.To = earlier(span.To, now)
	if !span.From.Before(span.To) {
		return AiredUnknown
	}
	worst := AiredUnknown
	for i, c := range s.changes {
		if c.at.After(span.To) {
			break
		}
		if i+1 == len(s.changes) || s.changes[i+1].at.After(span.From) {
			worst = max(worst, c.what)
		}
	}
	return worst
}
