package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/picture"
)

func TestTheSignalsAreAMatrix(t *testing.T) {
	withoutDetector(t)
	for name, c := range map[string]struct {
		state string
		w, h  int
		keys  []string
		want  []string
		not   string
	}{
		"one": {"on air", 120, 36, nil, []string{"SIGNAL   BITRATE  ▸server1 ", "▸● live01 3.1 Mb/s ● ACT +0.4s ", "● sby +0.6s ", "buf  5.8s ", "lat 5.9s"}, "more"},
		"the worst first, the length of its outage that of the header": {"several signals", 120, 36, nil, []string{"6 · 1 bad · 1 refused", "▸✗ live02 –        ● ACT", "STALLED 00:07  connection refused"}, "STALLED 00:08"},
		"files that are none":                       {"several signals", 120, 36, nil, []string{"! My Movie (1).mp4 refused: moov atom not found: the copy is not finished", "◌ live09.mp4 waiting: it is being copied"}, "notes.txt"},
		"a hundred, the bad ones on top":            {"a hundred signals", 80, 24, nil, []string{"100 · 2 bad · 1 refused", "✗ live02 ", "live42      3.1 Mb/s ◐ stale 9.2s ◐ stale 9.2s", " more ↓"}, ""},
		"to the last":                               {"a hundred signals", 80, 24, []string{"@signals", "G"}, []string{"▸● live99 ", " more ↑ "}, ""},
		"an orphan is named":                        {"a hundred signals", 120, 36, []string{"@signals", "z"}, []string{"old-concert orphaned ◐ stale 1:00:00", "no film is there"}, ""},
		"paused: a dash, not the last age":          {"paused", 120, 36, nil, []string{"‖ paused –"}, "‖ paused +"},
		"dead: a dash":                              {"backoff", 120, 36, nil, []string{"✗ backoff –"}, ""},
		"sorted by name":                            {"several signals", 120, 36, []string{">"}, []string{"by name", "! My Movie", "live01 3.1"}, ""},
		"sorted by buffer":                          {"several signals", 120, 36, []string{">", ">"}, []string{"least buffer first"}, ""},
		"filtered":                                  {"a hundred signals", 120, 36, []string{"@signals", "/", "ve4", "enter", "z"}, []string{"/ve4/ 10 of 101", "▸◐ live42 ", " live49 "}, "live50"},
		"filtered by a state":                       {"a hundred signals", 120, 36, []string{"@signals", "/", "refused", "enter", "z"}, []string{"/refused/ 1 of 101", "▸! My Movie"}, "live01 3.1"},
		"esc while typing restores":                 {"a hundred signals", 120, 36, []string{"@signals", "/", "ve4", "esc"}, []string{"▸✗ live02"}, "/ve4/"},
		"esc drops the filter":                      {"a hundred signals", 120, 36, []string{"@signals", "/", "ve4", "enter", "esc"}, []string{"▸◐ live42"}, "/ve4/"},
		"esc again chooses the worst":               {"a hundred signals", 120, 36, []string{"@signals", "/", "ve4", "enter", "esc", "esc"}, []string{"▸✗ live02"}, ""},
		"nothing passes":                            {"a hundred signals", 120, 36, []string{"@signals", "/", "xyz", "enter"}, []string{"none of 101 signals passes the filter"}, ""},
		"right chooses a packager":                  {"on air", 120, 36, []string{"@signals", "right", "right"}, []string{"▸server2 "}, ""},
		"left goes back":                            {"on air", 120, 36, []string{"@signals", "right", "right", "left"}, []string{"▸server1 "}, ""},
		"enter opens":                               {"several signals", 120, 36, []string{"@signals", "enter"}, []string{"SIGNAL live02", "✗ off air for 00:07, since 14:02:24", "http://localhost:8002/live02/playlist.m3u8", "LAST EVENTS", "14:02:24  off air for 00:07: connection refused"}, ""},
		"another one":                               {"on air", 120, 36, []string{"@signals", "enter"}, []string{"SIGNAL live01", "failover server2→server1: server2 stale for 2.1s, paused; longest wait 38ms", "f fail over"}, ""},
		"a file opens, too":                         {"several signals", 120, 36, []string{"@signals", "j", "enter"}, []string{"FILE My Movie (1).mp4", "refused: moov atom not found: the copy is not finished"}, "f fail over  h"},
		"what cannot be failed over":                {"several signals", 120, 36, []string{"@signals", "j", "f"}, []string{"My Movie (1).mp4 is not on air: choose a signal"}, ""},
		"no signal yet":                             {"starting", 120, 36, nil, []string{"no signal is reported yet"}, ""},
		"on 60 by the numbers of the packagers":     {"on air", 60, 16, nil, []string{"▸● live01 3.1 Mb/s ● ACT ● sby buf  5.8s"}, ""},
		"on 40 by their glyphs, or without bitrate": {"several signals", 40, 16, []string{"@signals"}, []string{"✗ live02", "STALLED 00:07"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, c.state, c.w, c.h, colour)
			typed(m, c.keys...)
			checkFrame(t, m, c.w, c.h, name)
			got := ansi.Strip(m.View())
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("the screen lacks %q:\n%s", want, got)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("the screen has %q:\n%s", c.not, got)
			}
		})
	}
}

func TestKeysThatActOnTheChosenSignal(t *testing.T) {
	command := func(a platform.Action, process, signal string) []platform.Command {
		return []platform.Command{{Process: process, Action: a, Signal: signal}}
	}
	for name, c := range map[string]struct {
		keys []string
		want []platform.Command
	}{
		"f, the worst":                 {[]string{"f"}, command(platform.Failover, "", "live02")},
		"f, the chosen one":            {[]string{"@signals", "j", "j", "j", "f"}, command(platform.Failover, "", "live01")},
		"f, the open one":              {[]string{"@signals", "end", "enter", "f"}, command(platform.Failover, "", "live06")},
		"f, a file is none":            {[]string{"@signals", "j", "f"}, nil},
		"F, all":                       {[]string{"@signals", "end", "F"}, command(platform.Failover, "", "")},
		"h on the packager beside":     {[]string{"@signals", "end", "right", "right", "h"}, command(platform.Hold, "server2", "live06")},
		"h in an open one":             {[]string{"@signals", "end", "right", "enter", "h"}, command(platform.Hold, "server1", "live06")},
		"h without a packager":         {[]string{"k", "@signals", "h"}, nil},
		"h releases what is held":      {[]string{"@signals", "/", "live03", "enter", "right", "h"}, command(platform.Release, "", "live03")},
		"h holds another for it":       {[]string{"@signals", "/", "live03", "enter", "right", "right", "h"}, command(platform.Hold, "server2", "live03")},
		"H, all, from another":         {[]string{"@signals", "right", "right", "H"}, command(platform.Hold, "server2", "")},
		"H releases all":               {[]string{"@signals", "right", "H"}, command(platform.Release, "", "")},
		"K kills the packager beside":  {[]string{"@signals", "right", "right", "K"}, command(platform.Kill, "server2", "")},
		"esc leaves the choice to all": {[]string{"@signals", "end", "esc", "f"}, command(platform.Failover, "", "live02")},
	} {
		t.Run(name, func(t *testing.T) {
			m, f := newTestModel(t, "several signals", 120, 36, colour)
			s := m.scene.Snapshot
			s.Preferences = []report.Preference{{Signal: "live03", Active: "http://localhost:8080", Held: true}}
			m.take(polled{s.At, completed(s), nil})
			typed(m, c.keys...)
			if diff := cmp.Diff(c.want, f.commands); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheChosenSignalStaysWhileOthersGoBad(t *testing.T) {
	m, f := newTestModel(t, "several signals", 120, 36, colour)
	typed(m, "@signals", "j", "j", "j", "j") // live03
	s := m.scene.Snapshot
	s.Version, s.At = s.Version+1, s.At.Add(time.Second)
	for i := range s.Viewings {
		s.Viewings[i].Time = s.At
	}
	s.Details = append([]report.SignalStatus(nil), s.Details...)
	for i := range s.Details {
		if s.Details[i].Signal == "live06" {
			s.Details[i].Packagers = append([]report.PackagerStatus(nil), s.Details[i].Packagers...)
			s.Details[i].Packagers[1].State = report.Down
		}
	}
	m.take(polled{s.At, completed(s), nil})
	typed(m, "f")
	if diff := cmp.Diff([]platform.Command{{Action: platform.Failover, Signal: "live03"}}, f.commands); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

func TestThePictureIsThatOfTheChosenSignal(t *testing.T) {
	m, _ := newTestModel(t, "several signals", 120, 36, colour)
	var opened string
	m.outside.Picture = func(url string, w, h int) (picture.Source, error) {
		opened = url
		return &fakePicture{w: w, h: h, most: 1}, nil
	}
	typed(m, "@signals", "end", "enter", "w")
	m.openPicture()()
	if want := "http://localhost:8002/live06/playlist.m3u8"; opened != want || m.dialog != nil {
		t.Errorf("got the picture of %q and dialog %T, want %q and none", opened, m.dialog, want)
	}
}

func TestAClickChoosesASignal(t *testing.T) {
	m, _ := newTestModel(t, "several signals", 120, 36, colour)
	m.View()
	m.panels["signals"].(panel.Clicker).Click(&m.scene, 4)
	if v := m.scene.Chosen(); v == nil || v.ID != "live01" {
		t.Errorf("got %+v, want live01", v)
	}
}
