package judge

import (
	"fmt"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/services/viewer/player"
)

// Scope is the period that a verdict is about, and what is known of it.
type Scope struct {
	// From is when the fault was prepared, At when it was injected.
	From, At time.Time
	// NoSource is how long there was no source of new segments.
	NoSource time.Duration
	// Starved are the times at which this process did not get to run.
	Starved []player.Wait
	// Deaths are the times at which the proxy was killed.
	Deaths []fault.Span
}

// starved is how long this process did not get to run in a period, which has no end where
// to is zero.
func (s Scope) starved(from, to time.Time) time.Duration {
	var total time.Duration
	for _, w := range s.Starved {
		begin, end := w.At, w.At.Add(w.Length)
		if begin.Before(from) {
			begin = from
		}
		if !to.IsZero() && end.After(to) {
			end = to
		}
		total += max(0, end.Sub(begin))
	}
	return total
}

// when is a time as seen from the fault.
func (s Scope) when(t time.Time) string {
	d := t.Sub(s.At)
	if d < 0 {
		return fmt.Sprintf("%.2f s before the fault", -d.Seconds())
	}
	return fmt.Sprintf("%.2f s after the fault", d.Seconds())
}
