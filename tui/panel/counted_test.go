package panel

import (
	"fmt"
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

// noon is when the snapshots of these tests were taken.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestAStartCountsNoFailover(t *testing.T) {
	switched := func(signal string, ago time.Duration) platform.FailoverAt {
		return platform.FailoverAt{Time: noon.Add(-ago), Process: "proxy", Failover: event.Failover{Signal: signal, To: "http://a", GapMS: float64(ago.Milliseconds())}}
	}
	viewing := func(signal string, state event.ViewState, shown time.Duration) platform.ViewingAt {
		v := platform.ViewingAt{Time: noon, Process: "viewer", Viewing: event.Viewing{Signal: signal, State: state}}
		if shown > 0 {
			v.Shown = noon.Add(-shown)
		}
		return v
	}
	const s = time.Second
	viewer := []platform.Process{{Role: layouts.Viewer, Status: platform.Status{Name: "viewer"}}}
	for name, c := range map[string]struct {
		snapshot platform.Snapshot
		want     []float64 // the gaps of what counts
	}{
		"before the first picture": {platform.Snapshot{Processes: viewer, Failovers: []platform.FailoverAt{switched("a", 9*s)}}, nil},
		"around the first picture": {platform.Snapshot{Processes: viewer, Failovers: []platform.FailoverAt{switched("a", 9*s), switched("a", 5*s)},
			Viewings: []platform.ViewingAt{viewing("a", event.ViewPlaying, 7*s)}}, []float64{5000}},
		"each signal for itself": {platform.Snapshot{Processes: viewer, Failovers: []platform.FailoverAt{switched("a", 9*s), switched("b", 5*s)},
			Viewings: []platform.ViewingAt{viewing("a", event.ViewPlaying, 10*s), viewing("b", event.ViewStarting, 0)}}, []float64{9000}},
		"shown since nobody knows when": {platform.Snapshot{Processes: viewer, Failovers: []platform.FailoverAt{switched("a", 9*s)},
			Viewings: []platform.ViewingAt{viewing("a", event.ViewStalled, 0)}}, []float64{9000}},
		"without a viewer": {platform.Snapshot{Failovers: []platform.FailoverAt{switched("a", 9*s)}}, []float64{9000}},
	} {
		t.Run(name, func(t *testing.T) {
			sc := scene.New(layouts.Layout{}, canvas.ASCIIGlyphs())
			c.snapshot.At = noon
			sc.Take(c.snapshot, noon)
			if diff := cmp.Diff(c.want, gaps(countedFailovers(&sc))); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
			if got, want := Header(&sc, Bar{}, 200).String(), fmt.Sprintf("failovers %d ", len(c.want)); !strings.Contains(got, want) {
				t.Errorf("got the header %q, want %q in it", got, want)
			}
		})
	}
}

func TestTheLastReportIsInTheOperatorsZoneWithItsAge(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	for name, c := range map[string]struct {
		text string
		w    int
		now  time.Time
		want string
	}{
		"the same zone":         {"Thu, 01 Jan 2026 11:59:58 UTC", 30, noon, "11:59:58, 00:02 ago"},
		"another one":           {"Thu, 01 Jan 2026 11:59:58 UTC", 30, noon.In(berlin), "12:59:58, 00:02 ago"},
		"the operator's":        {"Thu, 01 Jan 2026 12:59:58 CET", 30, noon.In(berlin), "12:59:58, 00:02 ago"},
		"one that is not known": {"Thu, 01 Jan 2026 11:59:58 XYZ", 30, noon, "11:59:58, 00:02 ago"},
		"little room":           {"Thu, 01 Jan 2026 11:59:58 UTC", 12, noon, "11:59:58"},
		"no time":               {"yesterday", 12, noon, "yesterday"},
	} {
		if got := lastReported(c.text, c.w, c.now); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestASparklineOfTheCPUHasAScaleOfItsOwn(t *testing.T) {
	sc := scene.New(layouts.Layout{}, canvas.UnicodeGlyphs())
	sc.Take(platform.Snapshot{At: noon}, noon)
	sc.Keep(series.History{To: noon, StepMS: series.Step.Milliseconds(), Series: []series.Series{
		{Kind: series.CPU, Of: "idle", Points: []float32{0.1, 0.1, 0.1, 0.1}}, {Kind: series.CPU, Of: "proxy", Points: []float32{1, 2, 4, 8}},
	}})
	for name, want := range map[string]string{"proxy": "▁▂▄█", "idle": "▁▁▁▁"} {
		l := &canvas.Line{}
		cpuSpark(&sc, l, name, 4)
		if l.String() != want {
			t.Errorf("%s: got %s, want %s", name, l, want)
		}
	}
}
