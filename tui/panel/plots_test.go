package panel

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// plottedScene is a scene of one signal and a proxy with fifteen minutes of figures: the
// buffer is full, but for its third fifth, in which it is empty.
func plottedScene(g canvas.Glyphs) *scene.Scene {
	s := scene.New(layouts.Layout{}, g)
	s.Take(platform.Snapshot{
		At:        noon,
		Processes: []platform.Process{{Role: layouts.Proxy, Service: "proxy", Status: platform.Status{Name: "proxy", State: platform.Ready, PID: 7}}},
		OnAir:     platform.OnAir{Signals: []platform.SignalAir{{Signal: "live01", State: platform.AirOn, Due: true}}},
		Viewings:  []platform.ViewingAt{{Time: noon, Process: "viewer", Viewing: event.Viewing{Signal: "live01", State: event.ViewPlaying, BufferMS: 5000}}},
		Failovers: []platform.FailoverAt{{Time: noon.Add(-5 * time.Minute), Failover: event.Failover{Signal: "live01"}}, {Time: noon.Add(-time.Minute), Failover: event.Failover{Signal: "live02"}}},
	}, noon)
	buffer := make([]float32, series.Most)
	for i := range buffer {
		if buffer[i] = 8000; i/90 == 2 {
			buffer[i] = 0
		}
	}
	s.Keep(series.History{To: noon, StepMS: series.Step.Milliseconds(), Series: []series.Series{
		{Kind: series.Buffer, Of: "live01", Points: buffer}, {Kind: series.CPU, Of: "proxy", Points: []float32{3, 12.5}}, {Kind: series.Memory, Of: "proxy", Points: []float32{5 << 20, -1}},
	}})
	return &s
}

func textsOf(lines []*canvas.Line) []string {
	var list []string
	for _, l := range lines {
		list = append(list, strings.TrimRight(l.String(), " "))
	}
	return list
}

func TestAChartHasItsFiguresAScaleAndTheFailoversOfItsSignal(t *testing.T) {
	s := plottedScene(canvas.UnicodeGlyphs())
	buffer := signalCharts(s.Chosen(), series.Buffer)
	for _, c := range []struct {
		name string
		list []chart
		w, h int
		want []string
	}{
		{"of a signal", buffer, 48, 4, []string{
			" buffer 8.0s  min 0s  max 8.0s  live01",
			"   8.0s ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⡆       ⡏⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉",
			"                        ⡇       ⡇ ╎",
			"      0                 ⣇⣀⣀⣀⣀⣀⣀⣀⠇ ╎",
		}},
		{"narrow: the figures that matter most stay", buffer, 26, 3, []string{
			" buffer 8.0s  max 8.0s",
			"   8.0s ⠉⠉⠉⠉⠉⠉⠉⡇  ⢸⠉⠉⠉⠉⠉⠉⠉",
			"      0        ⣇⣀⣀⣸╎",
		}},
		{"without room for a plot", buffer, 30, 1, []string{" buffer 8.0s  min 0s  max 8.0s"}},
		{"of a process, the newest missing", chartsOf("proxy", "", series.Memory), 30, 2, []string{
			" memory –  min 5M  max 5M", "     5M               ╎     ╎⠈",
		}},
		{"without figures", chartsOf("proxy", "live02", series.Requests), 40, 2, []string{
			" requests –  min –  max –  proxy", "   10/s                              ╎",
		}},
	} {
		if diff := cmp.Diff(c.want, textsOf(c.list[0].lines(s, c.w, c.h))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestChartsStandSideBySideWithoutAHole(t *testing.T) {
	for _, c := range []struct{ n, w, want int }{
		{6, 300, 6}, {6, 198, 3}, {6, 118, 3}, {6, 80, 2}, {6, 60, 1}, {4, 150, 4}, {4, 108, 2}, {4, 40, 1}, {3, 108, 3}, {3, 80, 1}, {2, 70, 2}, {1, 200, 1}, {5, 100, 1}, {0, 80, 1},
	} {
		if got := across(c.n, c.w); got != c.want {
			t.Errorf("%d in %d cells: got %d side by side, want %d", c.n, c.w, got, c.want)
		}
	}
}

func TestThePlotsFitTheirPanelAtAnySize(t *testing.T) {
	for _, g := range []canvas.Glyphs{canvas.UnicodeGlyphs(), canvas.ASCIIGlyphs()} {
		s := plottedScene(g)
		empty := scene.New(layouts.Layout{}, g)
		for _, s := range []*scene.Scene{s, &empty} {
			for w := 1; w <= 220; w += 9 {
				for _, h := range []int{0, 1, 2, 3, 4, 5, 7, 11, 18, 39} {
					p := &plots{}
					lines := p.Lines(s, w, h)
					if len(lines) > max(h, 1) {
						t.Fatalf("%dx%d: got %d lines", w, h, len(lines))
					}
					p.Content(s, w)
				}
			}
		}
	}
}

func TestPlotsThatHaveNoRoomAreCountedAndCanBeReached(t *testing.T) {
	s := plottedScene(canvas.UnicodeGlyphs())
	p := &plots{}
	first := textsOf(p.Lines(s, 40, 8))
	if above, below := p.Hidden(); above != 0 || below != 4 || !strings.HasPrefix(first[0], " buffer") {
		t.Errorf("got %d above and %d below, %q first, want 4 of 6 below", above, below, first[0])
	}
	p.Move(s, MoveBottom, 8)
	last := textsOf(p.Lines(s, 40, 8))
	if above, below := p.Hidden(); above != 4 || below != 0 || !strings.HasPrefix(last[0], " CPU") {
		t.Errorf("got %d above and %d below, %q first, want 4 of 6 above", above, below, last[0])
	}
}

func TestThePanelsOfViewersAndServicesPlotWhereThereIsRoom(t *testing.T) {
	s := plottedScene(canvas.UnicodeGlyphs())
	for name, p := range map[string]Panel{"viewers": &viewers{}, "services": &services{}} {
		for _, c := range []struct {
			w, h  int
			plots bool
		}{{118, 34, true}, {78, 22, true}, {118, 5, false}, {58, 4, false}} {
			text := strings.Join(textsOf(p.Lines(s, c.w, c.h)), "\n")
			if got := strings.Contains(text, "-15m") || strings.Contains(text, "⠉⠉"); got != c.plots {
				t.Errorf("%s in %dx%d: plots %t, want %t:\n%s", name, c.w, c.h, got, c.plots, text)
			}
			if n := len(p.Lines(s, c.w, c.h)); n > c.h {
				t.Errorf("%s in %dx%d: got %d lines", name, c.w, c.h, n)
			}
		}
	}
}
