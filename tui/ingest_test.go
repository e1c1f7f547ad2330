package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
)

func TestEverySignalAndEveryFileHasALine(t *testing.T) {
	for name, c := range map[string]struct {
		w, h int
		keys []string
		want []string
	}{
		"the light names which is bad, and how many are not": {120, 36, nil, []string{"✗ OFF AIR live02 00:07 ", "5 of 6 on air"}},
		"on 80":                              {80, 24, nil, []string{"✗ OFF AIR live02 00:07 ", "no new segment", "✗ live02 "}},
		"on 40":                              {40, 10, nil, []string{"✗ OFF AIR live02 00:07 "}},
		"a glyph and a word for each signal": {120, 36, []string{"L"}, []string{" live02 ✗ off air", " live01 ● on air"}},
		"all of them, and the files that are none": {120, 36, []string{"L", "@ingest", "enter"}, []string{
			"live02 ✗ off air", "live01 ● on air", "live06 ● on air", "✗ refused My Movie (1).mp4: moov atom not found: the copy is not finished",
			"◌ waiting live09.mp4: it is being copied", "○ passed over notes.txt: it is no film",
		}},
		"one length of one outage": {120, 36, []string{"@events", "enter"}, []string{
			"14:02:24 ✗ OFF AIR live02    connection refused · for 00:07", "13:57:32 ● BACK    live05    off air 1.2s, nothing lost", "13:57:31 ✗ OFF AIR live05",
		}},
		"the logs around it": {120, 36, []string{"@events", "down", "enter"}, []string{"14:02:24.000  OFF AIR live02  connection refused · for 00:07"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, "several signals", c.w, c.h, colour)
			for _, k := range c.keys {
				press(m, k)
			}
			checkFrame(t, m, c.w, c.h, name)
			got := ansi.Strip(m.View())
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("the screen lacks %q:\n%s", want, got)
				}
			}
		})
	}
}

func TestTheHeadersCounterIsTheOutagesLength(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	since := noon.Add(-2300 * time.Millisecond)
	for i := range 8 {
		s := onAir()
		s.Version, s.At = uint64(2000+i), noon.Add(time.Duration(i)*777*time.Millisecond)
		s.Viewings = []platform.ViewingAt{viewing(s.At, s.At.Sub(since))}
		s.Viewings[0].Since = s.At // the counter does not start from the viewer's own time
		s.Outages = []platform.OutageAt{{Time: s.At, Process: "viewer", Outage: event.OutageOf("live01", since, s.At)}}
		m.take(polled{s.At, completed(s), nil})
		if got, want := ansi.Strip(m.View()), fmt.Sprintf("OFF AIR %s ", canvas.Elapsed(s.Outages[0].Length(s.At))); !strings.Contains(got, want) {
			t.Errorf("the header lacks %q:\n%s", want, strings.SplitN(got, "\n", 2)[0])
		}
	}
}
