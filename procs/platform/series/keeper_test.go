package series

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
	"unsafe"
)

var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// after is a time so many steps after the beginning.
func after(steps int) time.Time { return began.Add(time.Duration(steps) * Step) }

func buffer(v float64) []Point { return []Point{{Buffer, "live01", v}} }

func TestSeriesEndWithTheNewestPoint(t *testing.T) {
	type take struct {
		at     time.Time
		points []Point
	}
	for _, c := range []struct {
		name  string
		takes []take
		since time.Time
		want  []float32 // of live01's buffer
		to    time.Time
	}{
		{"nothing yet", nil, time.Time{}, nil, time.Time{}},
		{"a point", []take{{after(0), buffer(5)}}, time.Time{}, []float32{5}, after(0)},
		{"the last of a step counts", []take{{after(0), buffer(5)}, {after(0).Add(Step - 1), buffer(6)}}, time.Time{}, []float32{6}, after(0)},
		{"steps without a look are missing", []take{{after(0), buffer(5)}, {after(3), buffer(6)}}, time.Time{}, []float32{5, -1, -1, 6}, after(3)},
		{"steps without a point are missing", []take{{after(0), buffer(5)}, {after(1), nil}, {after(2), nil}}, time.Time{}, []float32{5, -1, -1}, after(2)},
		{"what is no figure is no point", []take{{after(0), buffer(5)}, {after(1), buffer(-1)}, {after(2), buffer(math.NaN())}, {after(3), buffer(math.Inf(1))}}, time.Time{}, []float32{5, -1, -1, -1}, after(3)},
		{"since a point", []take{{after(0), buffer(5)}, {after(1), buffer(6)}, {after(2), buffer(7)}}, after(0), []float32{6, 7}, after(2)},
		{"since the newest", []take{{after(0), buffer(5)}, {after(1), buffer(6)}}, after(1), nil, after(1)},
		{"since the future", []take{{after(0), buffer(5)}}, after(9), nil, after(0)},
		{"a clock that is set back begins anew", []take{{after(5), buffer(5)}, {after(2), buffer(6)}}, time.Time{}, []float32{6}, after(2)},
		{"one that comes back", []take{{after(0), buffer(5)}, {after(Most), buffer(6)}}, time.Time{}, []float32{6}, after(Most)},
		{"one whose oldest point has left", []take{{after(0), buffer(5)}, {after(1), buffer(6)}, {after(Most), buffer(7)}}, time.Time{}, slices.Concat([]float32{6}, missing(Most-2), []float32{7}), after(Most)},
		{"figures are rounded", []take{{after(0), buffer(0.128)}, {after(1), buffer(123456.7)}}, time.Time{}, []float32{0.13, 123457}, after(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var k Keeper
			for _, now := range c.takes {
				k.Take(now.at, now.points, SpareUnknown)
			}
			h := k.Since(c.since)
			if got := h.Of(Buffer, "live01"); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if !h.To.Equal(c.to) {
				t.Errorf("got to %s, want %s", h.To, c.to)
			}
		})
	}
}

func missing(n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = Missing
	}
	return list
}

func TestOnlyTheLastFifteenMinutesAreKept(t *testing.T) {
	var k Keeper
	for i := range 3 * Most {
		points := buffer(float64(i))
		if i < Most {
			points = append(points, Point{Buffer, "gone", 1})
		}
		k.Take(after(i), points, SpareUnknown)
	}
	h := k.Since(time.Time{})
	got := h.Of(Buffer, "live01")
	if len(got) != Most || got[0] != 2*Most || got[Most-1] != 3*Most-1 {
		t.Errorf("got %d points, from %v to %v, want %d from %d on", len(got), got[0], got[len(got)-1], Most, 2*Most)
	}
	if len(h.Series) != 1 || len(k.kept) != 1 {
		t.Errorf("got %d series, %d kept, want the one that had a point", len(h.Series), len(k.kept))
	}
}

func TestTheMemoryOfSeriesIsBounded(t *testing.T) {
	var k Keeper
	var points []Point
	for i := range 2 * keptMost {
		points = append(points, Point{Buffer, fmt.Sprint(i), 1})
	}
	for i := range 3 * SparesMost {
		k.Take(after(i), nil, []SpareState{SpareThere, SpareMissing}[i%2])
	}
	k.Take(after(3*SparesMost), points, SpareThere)
	if len(k.kept) != keptMost || len(k.spares) != SparesMost {
		t.Errorf("got %d series and %d changes, want %d and %d", len(k.kept), len(k.spares), keptMost, SparesMost)
	}
	if size := unsafe.Sizeof(ring{}); size > 2048 {
		t.Errorf("got %d bytes a series, want less than 2048", size)
	}
}

func TestChangesOfTheSpareAreKept(t *testing.T) {
	var k Keeper
	for i, state := range []SpareState{SpareUnknown, SpareThere, SpareThere, SpareMissing} {
		k.Take(after(i), nil, state)
	}
	want := []Spare{{after(0), SpareUnknown}, {after(1), SpareThere}, {after(3), SpareMissing}}
	for name, c := range map[string]struct {
		since time.Time
		want  []Spare
	}{"all": {time.Time{}, want}, "since the second": {after(1), want[2:]}, "since the last": {after(3), nil}} {
		if got := k.Since(c.since).Spares; !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestAHistoryJoinedFromPartsIsTheWhole takes figures that come and go, and asks now and then.
func TestAHistoryJoinedFromPartsIsTheWhole(t *testing.T) {
	var k Keeper
	var h History
	for i := range 3 * Most {
		var points []Point
		for s := range 5 {
			if (i/(100*(s+1)))%2 == 0 { // each comes and goes at a pace of its own
				points = append(points, Point{CPU, fmt.Sprint(s), float64(i + s)})
			}
		}
		if i%97 != 0 {
			k.Take(after(i), points, []SpareState{SpareThere, SpareMissing}[i/50%2])
		}
		if i%7 != 3 && (i < 500 || i > 800) {
			h = h.With(k.Since(h.To))
		}
	}
	want := k.Since(time.Time{})
	h = h.With(k.Since(h.To))
	if !h.To.Equal(want.To) || !slices.Equal(h.Spares, want.Spares) {
		t.Errorf("got to %s and %d changes, want %s and %d", h.To, len(h.Spares), want.To, len(want.Spares))
	}
	for s := range 5 {
		got, want := h.Of(CPU, fmt.Sprint(s)), want.Of(CPU, fmt.Sprint(s))
		for len(got) > 0 && got[0] == Missing { // it need not know that nothing was there
			got = got[1:]
		}
		for len(want) > 0 && want[0] == Missing {
			want = want[1:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("series %d: got %d points, want %d, the same", s, len(got), len(want))
		}
	}
}

func TestAHistoryThatDoesNotFitBeginsAnew(t *testing.T) {
	known := History{To: after(10), StepMS: 2000, Series: []Series{{Buffer, "live01", []float32{1, 2}}}}
	for name, c := range map[string]struct {
		later History
		want  []float32
	}{
		"nothing new":            {History{To: after(10), StepMS: 2000}, []float32{1, 2}},
		"more":                   {History{To: after(11), StepMS: 2000, Series: []Series{{Buffer, "live01", []float32{3}}}}, []float32{1, 2, 3}},
		"more than was asked":    {History{To: after(11), StepMS: 2000, Series: []Series{{Buffer, "live01", []float32{9, 9, 3}}}}, []float32{1, 2, 3}},
		"not of the signal":      {History{To: after(12), StepMS: 2000}, []float32{1, 2, -1, -1}},
		"the clock was set back": {History{To: after(3), StepMS: 2000, Series: []Series{{Buffer, "live01", []float32{3}}}}, []float32{3}},
		"another step":           {History{To: after(11), StepMS: 5000, Series: []Series{{Buffer, "live01", []float32{3}}}}, []float32{3}},
		"after a long time":      {History{To: after(10 + Most), StepMS: 2000, Series: []Series{{Buffer, "live01", []float32{3}}}}, []float32{3}},
		"a platform without any": {History{StepMS: 2000}, nil},
	} {
		if got := known.With(c.later).Of(Buffer, "live01"); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if got := known.Of(Buffer, "live01"); !slices.Equal(got, []float32{1, 2}) {
		t.Errorf("what was known has changed: %v", got)
	}
}

// BenchmarkAHundredSignals takes the figures of a hundred signals of two packagers.
func BenchmarkAHundredSignals(b *testing.B) {
	var points []Point
	for i := range 100 {
		name := fmt.Sprintf("signal-%03d", i)
		for _, kind := range []Kind{Buffer, Latency, Bitrate, Usable} {
			points = append(points, Point{kind, name, 4900})
		}
		points = append(points, Point{Answer, AnswerOf(name, "http://localhost:8080"), 1}, Point{Answer, AnswerOf(name, "http://localhost:9090"), 1})
	}
	for i := range 8 {
		points = append(points, Point{CPU, fmt.Sprint(i), 5}, Point{Memory, fmt.Sprint(i), 1 << 27})
	}
	var k Keeper
	for i := range Most {
		k.Take(after(i), points, SpareThere)
	}
	b.Run("take", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			k.Take(after(Most+i), points, SpareThere)
		}
	})
	last := timeOf(k.to - 1)
	b.Run("ask for the newest", func(b *testing.B) {
		for b.Loop() {
			k.Since(last)
		}
	})
	b.Run("ask for all", func(b *testing.B) {
		for b.Loop() {
			k.Since(time.Time{})
		}
	})
	all, newest := k.Since(time.Time{}), k.Since(last)
	all.To = last
	b.Run("join", func(b *testing.B) {
		for b.Loop() {
			all.With(newest)
		}
	})
	b.ReportMetric(float64(len(k.kept))*float64(unsafe.Sizeof(ring{})), "bytes-kept")
}
