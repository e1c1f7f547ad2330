package panel

import (
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

func TestTabsGiveWayToWhatIsWrong(t *testing.T) {
	s := scene.New(layouts.Layout{}, canvas.ASCIIGlyphs())
	s.Take(platform.Snapshot{At: noon, Started: noon, OnAir: platform.OnAir{State: platform.AirOff}, Processes: []platform.Process{
		{Status: platform.Status{Name: "discovery-of-the-north", State: platform.Failed}},
	}}, noon)
	b := Bar{Screens: []string{"main", "watch", "logs"}, Screen: 1}
	for _, c := range []struct {
		w    int
		want string // the right end
	}{
		{200, " 1 main  2 watch  3 logs 12:00:00 "}, {120, " 1 main  2 watch  3 logs 12:00:00 "},
		{70, " 1  2 watch  3 12:00 "}, {64, " 1  2  3 12:00 "}, {55, "north    12:00 "}, {20, "OFF AIR   12:00 "},
	} {
		got := Header(&s, b, c.w).String()
		if !strings.HasSuffix(got, c.want) || !strings.Contains(got, "OFF AIR") || c.w > 40 && !strings.Contains(got, "discovery-of-the-north") {
			t.Errorf("in %d cells: got %q, want %q at its end, and what is wrong", c.w, got, c.want)
		}
	}
	b.Screens = b.Screens[:1]
	if got := Header(&s, b, 120).String(); strings.Contains(got, "main") {
		t.Errorf("one screen: got %q, want no tabs", got)
	}
}
