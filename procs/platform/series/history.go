package series

import (
	"slices"
	"time"
)

const (
	// Step is the time between two points, Most the points of a series: 15 minutes.
	Step = 2 * time.Second
	Most = 450
	// Missing stands for a point that is not there. No figure is negative.
	Missing = -1
	// SparesMost is how many changes of the spare are kept.
	SparesMost = 1000
)

// History has figures of the past. It is shared: read only.
type History struct {
	// To is the time of the newest point of every series; zero before the first. Every
	// earlier point is Step before the next.
	To time.Time `json:"to"`
	// StepMS is Step.
	StepMS int64 `json:"step_ms"`
	// Series are in order of kind and name.
	Series []Series `json:"series"`
	// Spares are the changes of the spare, oldest first.
	Spares []Spare `json:"spares"`
}

// Series is one figure over time.
type Series struct {
	Kind Kind   `json:"kind"`
	Of   string `json:"of"`
	// Points are oldest first, the last at History.To. There are fewer than Most where none
	// is known that is older. Missing stands for one that is not there.
	Points []float32 `json:"points"`
}

// Spare is whether another packager could take over, from a time on until the next change.
type Spare struct {
	At    time.Time  `json:"at"`
	State SpareState `json:"state"`
}

// SpareState is whether each signal that is due has a packager that could take over.
type SpareState string

// The states of the spare.
const (
	SpareUnknown SpareState = "unknown" // nothing is on air
	SpareThere   SpareState = "there"
	SpareMissing SpareState = "missing"
)

// Of returns the points of a series, as in Series.Points; nil when there is no such series.
func (h History) Of(kind Kind, of string) []float32 {
	i, found := slices.BinarySearchFunc(h.Series, id{kind, of}, func(s Series, i id) int { return s.id().compare(i) })
	if !found {
		return nil
	}
	return h.Series[i].Points
}

// With returns h with a later history after it, which has what came since h.To. It begins
// anew where the two do not fit together: the clock was set back, or the time between them
// is longer than a history.
func (h History) With(later History) History {
	gap := int(later.To.Sub(h.To) / Step)
	switch {
	case h.To.IsZero() || later.To.IsZero() || later.StepMS != h.StepMS || gap < 0 || gap >= Most:
		return later
	case gap == 0:
		return h
	}
	all := History{To: later.To, StepMS: h.StepMS, Spares: slices.Concat(h.Spares, later.Spares)}
	all.Spares = all.Spares[max(0, len(all.Spares)-SparesMost):]
	was, now := h.Series, later.Series
	for len(was) > 0 || len(now) > 0 {
		var old, come Series
		switch {
		case len(now) == 0 || len(was) > 0 && was[0].id().compare(now[0].id()) < 0:
			old, was = was[0], was[1:]
			come = Series{Kind: old.Kind, Of: old.Of}
		case len(was) == 0 || was[0].id() != now[0].id():
			come, now = now[0], now[1:]
		default:
			old, come, was, now = was[0], now[0], was[1:], now[1:]
		}
		if points, any := joined(old.Points, come.Points, gap); any {
			all.Series = append(all.Series, Series{come.Kind, come.Of, points})
		}
	}
	return all
}

// joined returns the points of a series that goes on for a gap, of which come has the newest;
// any is false when no point is left.
func joined(was, come []float32, gap int) (points []float32, any bool) {
	come = come[max(0, len(come)-gap):]
	was = was[max(0, len(was)+gap-Most):]
	points = make([]float32, 0, len(was)+gap)
	points = append(points, was...)
	if len(was) > 0 {
		for range gap - len(come) {
			points = append(points, Missing)
		}
	}
	points = append(points, come...)
	return points, slices.ContainsFunc(points, func(p float32) bool { return p != Missing })
}
