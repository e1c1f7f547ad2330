package scene

import (
	"slices"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/journal/summary"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
)

// pastScene is a scene at a time, with a history whose newest points are of at.
func pastScene(now time.Time, h series.History) *Scene {
	s := New(layouts.Layout{}, canvas.UnicodeGlyphs())
	s.Take(platform.Snapshot{At: now, Failovers: []platform.FailoverAt{
		{Time: at.Add(-time.Minute), Failover: event.Failover{Signal: "live01"}}, {Time: at, Failover: event.Failover{Signal: "live02"}},
	}}, now)
	s.Keep(h)
	return &s
}

func TestFiguresEndNow(t *testing.T) {
	h := series.History{To: at, StepMS: 2000, Series: []series.Series{{Kind: series.Buffer, Of: "live01", Points: []float32{1, 2, 3}}}}
	for _, c := range []struct {
		name string
		late time.Duration
		n    int
		want []float64
	}{
		{"all", 0, 450, []float64{1, 2, 3}},
		{"the newest", time.Second, 2, []float64{2, 3}},
		{"none", 0, 0, nil},
		{"the next point is not here yet", 4 * time.Second, 3, []float64{1, 2, 3}},
		{"the platform is silent", 7 * time.Second, 4, []float64{3, -1, -1, -1}},
		{"and has been for long", time.Hour, 3, []float64{-1, -1, -1}},
	} {
		s := pastScene(at.Add(c.late), h)
		if got := s.Figures(series.Buffer, "live01", c.n); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		if got := s.Figures(series.Buffer, "live02", c.n); len(got) > 0 {
			t.Errorf("%s: a signal without figures: got %v", c.name, got)
		}
	}
}

func TestTheSpareIsThatOfThePlatformsPast(t *testing.T) {
	h := series.History{To: began.Add(45 * second), StepMS: 2000}
	for i, state := range []series.SpareState{series.SpareUnknown, series.SpareThere, series.SpareMissing, series.SpareThere} {
		h.Spares = append(h.Spares, series.Spare{At: began.Add(time.Duration(i+max(0, i-1)) * 10 * second), State: state})
	}
	s := pastScene(began.Add(47*second), h) // the changes are at 0, 10, 30 and 50
	h.Spares[3].At = began.Add(40 * second)
	for _, c := range []struct {
		from, to int
		want     Aired
	}{{-20, -10, AiredUnknown}, {0, 5, AiredUnknown}, {12, 28, AiredWell}, {25, 35, AiredBadly}, {41, 60, AiredWell}, {48, 60, AiredUnknown}} {
		span := summary.Span{From: began.Add(time.Duration(c.from) * second), To: began.Add(time.Duration(c.to) * second)}
		if got := s.Spare(span); got != c.want {
			t.Errorf("from %d to %d: got %d, want %d", c.from, c.to, got, c.want)
		}
	}
	silent := pastScene(began.Add(time.Hour), h)
	span := summary.Span{From: began.Add(600 * second), To: began.Add(660 * second)}
	if got := silent.Spare(span); got != AiredUnknown {
		t.Errorf("while the platform was silent: got %d, want it unknown", got)
	}
}

func TestFailoversAreThoseOfTheSignal(t *testing.T) {
	s := pastScene(at.Add(time.Second), series.History{})
	if got := s.Switched("live01"); !slices.Equal(got, []time.Duration{61 * time.Second}) {
		t.Errorf("of live01: got %v", got)
	}
	if got := s.Switched(""); len(got) != 2 {
		t.Errorf("of all signals: got %v", got)
	}
}
