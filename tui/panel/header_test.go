package panel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
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

func TestViaSaysEachPackagerOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		by   []int // of which packager each signal is
		want string
	}{
		{"one signal", []int{1}, "via server1"},
		{"all by one", []int{2, 2, 2, 2}, "via server2"},
		{"by turns", []int{1, 2, 1, 1, 2, 1}, "via server1 ×4, server2 ×2"},
		{"by many", []int{1, 2, 2, 3, 4, 5, 6}, "via server2 ×2, server1 ×1, server3 ×1, 3 more"},
		{"none", nil, ""},
	} {
		var list []scene.Packager
		for i, active := range c.by {
			for n := 1; n <= 6; n++ {
				list = append(list, scene.Packager{Packager: platform.Packager{Active: n == active}, Label: fmt.Sprint("live", i), Title: fmt.Sprint("server", n)})
			}
		}
		got := ""
		if l := via(&scene.Scene{Packagers: list, Glyphs: canvas.UnicodeGlyphs()}); l != nil {
			got = l.String()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCaptionsSayWhatMattersMost(t *testing.T) {
	s := scene.New(layouts.Layout{}, canvas.UnicodeGlyphs())
	s.Now = noon
	active := &scene.Packager{Packager: platform.Packager{Active: true, Usable: true}, Title: "server1"}
	on := scene.Signal{ID: "live01", Name: "live01", Packagers: []*scene.Packager{nil, active}, Light: &platform.SignalAir{State: platform.AirOn}}
	off := on
	off.Light = &platform.SignalAir{State: platform.AirOff, Since: noon.Add(-7 * time.Second)}
	for _, c := range []struct {
		v    *scene.Signal
		t    Tile
		w    int
		want string
	}{
		{&on, Tile{Behind: 4200 * time.Millisecond}, 60, "● live01  server1  4.2s behind live"},
		{&on, Tile{Chosen: true, Behind: -1}, 60, "▸● live01  server1"},
		{&on, Tile{Behind: 4200 * time.Millisecond}, 16, "● live01 server1"},
		{&on, Tile{Behind: 4200 * time.Millisecond}, 12, "● live01"},
		{&on, Tile{Behind: 4200 * time.Millisecond}, 6, "● liv…"},
		{&on, Tile{Behind: 11 * time.Second, Stale: 7 * time.Second}, 60, "● live01  stale 00:07  server1"},
		{&on, Tile{Stale: 7 * time.Second, Why: "the picture has ended"}, 60, "● live01  stale 00:07  server1  the picture has ended"},
		{&on, Tile{Stale: 7 * time.Second, Why: "the picture has ended"}, 44, "● live01 stale 00:07 server1 the picture …"},
		{&off, Tile{Behind: -1, Stale: 7 * time.Second}, 24, "✗ live01 STALLED 00:07"},
	} {
		l := Caption(&s, c.v, c.t, c.w)
		got := strings.Replace(l.String(), s.Glyphs.Half, s.Glyphs.Full, 1) // a signal without a rank counts as bad
		if got != c.want || l.Width > c.w {
			t.Errorf("in %d cells: got %q, want %q", c.w, got, c.want)
		}
	}
}

func TestTheNamesBesideACountAreThoseOnAir(t *testing.T) {
	for _, c := range []struct {
		name    string
		off     []string
		want    string
		without string
	}{
		{"all on air", nil, "news sports stage", "on air"},
		{"one off air", []string{"sports"}, "2 of 3 on air  (news stage)", "sports stage"},
		{"none on air", []string{"news", "sports", "stage"}, "0 of 3 on air", "(news"},
	} {
		s := scene.New(layouts.Layout{}, canvas.UnicodeGlyphs())
		o := platform.OnAir{State: platform.AirOn, Spare: true}
		for _, name := range []string{"news", "sports", "stage"} {
			l := platform.SignalAir{Signal: name, State: platform.AirOn, Due: true}
			if slices.Contains(c.off, name) {
				l.State, o.State = platform.AirOff, platform.AirOff
			}
			o.Signals = append(o.Signals, l)
			s.Live = append(s.Live, report.Live{Signal: name})
		}
		s.Light, s.Now = o, noon
		if got := Header(&s, Bar{}, 160).String(); !strings.Contains(got, c.want) || strings.Contains(got, c.without) {
			t.Errorf("%s: got %q, want %q and not %q", c.name, got, c.want, c.without)
		}
	}
}
