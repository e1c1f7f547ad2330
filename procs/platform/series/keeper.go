package series

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// keptMost is how many series are kept. With a hundred signals of two packagers there are
// some 620.
const keptMost = 2000

// Keeper keeps the figures of the last fifteen minutes. Its zero value is empty. Not safe for
// concurrent use.
type Keeper struct {
	// to is the step of the newest points, counted from 1970; 0 before the first.
	to   int64
	kept map[id]*ring
	// order is kept, in order.
	order  []*ring
	spares []Spare
}

// Point is a figure at one moment.
type Point struct {
	Kind  Kind
	Of    string
	Value float64 // not negative
}

// id tells a series from all others.
type id struct {
	kind Kind
	of   string
}

func (a id) compare(b id) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.of, b.of))
}

func (s Series) id() id { return id{s.Kind, s.Of} }

// ring has the points of a series: that of a step is at the step modulo Most. Those from
// first to last are known, or were missing.
type ring struct {
	id
	first, last int64
	points      [Most]float32
}

// put sets the point of a step, which is not before the last.
func (r *ring) put(step int64, value float32) {
	for missed := max(r.last+1, step-Most+1); missed < step; missed++ {
		r.points[missed%Most] = Missing
	}
	r.points[step%Most], r.last = value, step
}

// at returns the point of a step.
func (r *ring) at(step int64) float32 {
	if step < r.first || step > r.last {
		return Missing
	}
	return r.points[step%Most]
}

func stepOf(at time.Time) int64 { return at.UnixNano() / int64(Step) }

func timeOf(step int64) time.Time { return time.Unix(0, step*int64(Step)).UTC() }

// Take takes the figures of a time. Of several times in one step the last counts. When the
// clock was set back, all that was kept is dropped.
func (k *Keeper) Take(at time.Time, points []Point, spare SpareState) {
	step := stepOf(at)
	if step < k.to {
		*k = Keeper{}
	}
	if k.kept == nil {
		k.kept = map[id]*ring{}
	}
	k.to = step
	before := len(k.kept)
	maps.DeleteFunc(k.kept, func(_ id, r *ring) bool { return r.last <= step-Most })
	changed := len(k.kept) != before
	for _, p := range points {
		if !(p.Value >= 0) || math.IsInf(p.Value, 0) {
			continue
		}
		i := id{p.Kind, p.Of}
		r := k.kept[i]
		if r == nil {
			if len(k.kept) >= keptMost {
				continue
			}
			r = &ring{id: i, first: step, last: step}
			k.kept[i], changed = r, true
		}
		r.put(step, rounded(p.Value))
	}
	if changed {
		k.order = slices.SortedFunc(maps.Values(k.kept), func(a, b *ring) int { return a.compare(b.id) })
	}
	if n := len(k.spares); n == 0 || k.spares[n-1].State != spare {
		k.spares = append(slices.Clip(k.spares[max(0, n-SparesMost+1):]), Spare{timeOf(step), spare})
	}
}

// rounded drops the digits of a figure that nobody reads.
func rounded(v float64) float32 {
	if v >= 1000 {
		return float32(math.Round(v))
	}
	return float32(math.Round(v*100) / 100)
}

// Since returns what came after a time. Its To is that of the newest points, even when none
// came.
func (k *Keeper) Since(since time.Time) History {
	h := History{StepMS: Step.Milliseconds(), Series: []Series{}, Spares: []Spare{}}
	if k.to == 0 {
		return h
	}
	h.To = timeOf(k.to)
	from := k.to - Most + 1
	if !since.IsZero() {
		from = max(from, stepOf(since)+1)
	}
	if from > k.to {
		return h
	}
	h.Series = make([]Series, 0, len(k.order))
	points := make([]float32, 0, len(k.order)*int(k.to-from+1)) // of all series, one after the other
	for _, r := range k.order {
		first := max(from, r.first)
		if first > r.last {
			continue
		}
		begin := len(points)
		for step := first; step <= k.to; step++ {
			points = append(points, r.at(step))
		}
		h.Series = append(h.Series, Series{r.kind, r.of, points[begin:len(points):len(points)]})
	}
	for _, s := range k.spares {
		if stepOf(s.At) >= from || since.IsZero() {
			h.Spares = append(h.Spares, s)
		}
	}
	return h
}
