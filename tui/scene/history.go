package scene

import (
	"time"

	"livestream-tui/procs/journal/summary"
	"livestream-tui/procs/platform/series"
	"livestream-tui/tui/canvas"
)

// lateAfter is how old the newest figures are at least when the platform has stopped keeping
// them: until then they are only not here yet.
const lateAfter = 3 * series.Step

// Keep takes over the figures of the past.
func (s *Scene) Keep(h series.History) {
	s.History = h
	s.Stamp++
}

// Figures returns at most the n newest points of a series, oldest first. Those that the
// platform owes are missing.
func (s *Scene) Figures(kind series.Kind, of string, n int) []float64 {
	points := s.History.Of(kind, of)
	owed := 0
	if late := s.Now.Sub(s.History.To); len(points) > 0 && late > lateAfter {
		owed = int(min(late/series.Step, series.Most))
	}
	n = max(n, 0)
	points = points[min(len(points), max(0, len(points)+owed-n)):]
	list := make([]float64, 0, len(points)+owed)
	for _, p := range points {
		list = append(list, float64(p))
	}
	for range min(owed, n) {
		list = append(list, canvas.Missing)
	}
	return list
}

// Spare returns whether another packager could take over in a span of time, the worst of it,
// as far as it is known.
func (s *Scene) Spare(span summary.Span) Aired {
	span.To = earlier(span.To, earlier(s.Now, s.History.To.Add(lateAfter)))
	if !span.From.Before(span.To) {
		return AiredUnknown
	}
	worst := AiredUnknown
	list := s.History.Spares
	for i, c := range list {
		if c.At.After(span.To) {
			break
		}
		if i+1 == len(list) || list[i+1].At.After(span.From) {
			worst = max(worst, spareAired(c.State))
		}
	}
	return worst
}

func spareAired(state series.SpareState) Aired {
	switch state {
	case series.SpareThere:
		return AiredWell
	case series.SpareMissing:
		return AiredBadly
	}
	return AiredUnknown
}

// Switched returns how long ago players were moved from one packager to another: players of a
// signal, or of any when it is empty.
func (s *Scene) Switched(signal string) []time.Duration {
	var list []time.Duration
	for _, f := range s.Snapshot.Failovers {
		if signal == "" || f.Signal == signal {
			list = append(list, s.Now.Sub(f.Time))
		}
	}
	return list
}
