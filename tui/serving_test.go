package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
)

func TestAPlaylistThatIsNotMergedIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		w, h int
		keys []string
		how  manner
		want string
	}{
		"beside the light":               {120, 36, nil, colour, "◐ PASSED THROUGH: 1"},
		"beside the light, on 80":        {80, 24, nil, colour, "◐ PASSED THROUGH: 1"},
		"beside the light, on 40":        {40, 10, nil, colour, "◐ PASSED: 1"},
		"without colours":                {80, 24, nil, manners()["no-color"], "◐ PASSED THROUGH: 1"},
		"in ASCII":                       {80, 24, nil, manners()["ascii"], "% PASSED THROUGH: 1"},
		"since when and why":             {120, 36, []string{"@events", "enter"}, colour, "14:01:49 ◐ mode    live01                  passed through: low latency: its parts are its packager's"},
		"that another is merged again":   {120, 36, nil, colour, "14:00:24 ● mode    /sports/720p.… merged again"},
		"that it was forwarded, why":     {120, 36, []string{"@events", "enter"}, colour, "◐ mode    /sports/720p.m3u8?cdn=2 forwarded: it sets a cookie"},
		"the logs around it":             {120, 36, []string{"@events", "down", "enter"}, colour, "14:01:49.000  mode live01  passed through: low latency"},
		"the logs around its being well": {120, 36, []string{"@events", "down", "down", "down", "enter"}, colour, "14:00:24.000  mode /sports/720p.m3u8?cdn=2  merged again"},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, "passed through", c.w, c.h, c.how)
			for _, k := range c.keys {
				press(m, k)
			}
			checkFrame(t, m, c.w, c.h, name)
			if got := ansi.Strip(m.View()); !strings.Contains(got, c.want) {
				t.Errorf("the screen lacks %q:\n%s", c.want, got)
			}
		})
	}
}

func TestOnceAllIsMergedAgainTheLightStandsAlone(t *testing.T) {
	m, f := newTestModel(t, "passed through", 120, 36, colour)
	f.change(func(s *platform.Snapshot) { s.Degraded = nil })
	s := f.snapshot
	s.At = noon.Add(time.Second)
	m.take(polled{s.At, completed(s), nil})
	if got := ansi.Strip(m.View()); strings.Contains(got, "PASSED THROUGH") || !strings.Contains(got, "◐ mode    live01 ") {
		t.Errorf("want the row of what was, and the light alone:\n%s", got)
	}
}
