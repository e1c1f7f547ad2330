package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/picture"
	"livestream-tui/tui/terminal"
)

// manner is how a test looks at the screen.
type manner struct {
	profile termenv.Profile
	plain   bool
	options Options
}

var colour = manner{profile: termenv.TrueColor, options: Options{Theme: "auto"}}

// silent returns an Outside that does nothing.
func silent() terminal.Outside {
	return terminal.Outside{
		Clock: func() time.Time { return noon },
		Copy:  func(string) error { return nil }, Bell: func() {}, Notify: func(string, string) {},
		Write: func(folder, name, _ string) (string, error) { return folder + "/" + name, nil },
		Read:  func(context.Context, string) error { return errors.New("no such log") },
		VLC:   func([]string) error { return nil }, Browser: func(context.Context, string, bool) error { return nil },
		Picture: func(_ string, w, h int) (picture.Source, error) { return &fakePicture{w: w, h: h, most: 3}, nil },
		Still:   fakeStill,
	}
}

// newTestModel returns a model of a platform that was on air for a while and is now in the
// named state.
func newTestModel(t testing.TB, state string, w, h int, how manner) (*model, *fakePlatform) {
	t.Helper()
	by, ok := states()[state]
	if !ok {
		t.Fatalf("unknown state %q", state)
	}
	now := onAir()
	f := &fakePlatform{snapshot: now}
	if state == "starting" {
		by(&f.snapshot)
	}
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(how.profile)
	r.SetHasDarkBackground(true)
	how.options.Stop = func() {}
	m := newModel(t.Context(), f, layoutOf(state), how.options, look{r, how.plain}, silent())
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	longPast(f, now, state)
	at := noon.Add(-30 * time.Second)
	for i := range 31 {
		s := now
		s.At = at.Add(time.Duration(i) * time.Second)
		s.Processes = append([]platform.Process(nil), now.Processes...)
		s.Details = []report.SignalStatus{{Signal: "live01", Packagers: append([]report.PackagerStatus(nil), now.Details[0].Packagers...)}}
		s.Ingests = append([]report.Ingest(nil), now.Ingests...)
		for j := range s.Processes {
			s.Processes[j].CPU *= 0.7 + 0.1*float64((i*7+j*3)%6)
		}
		for j := range s.Details[0].Packagers {
			s.Details[0].Packagers[j].LatencyMS *= 0.7 + 0.2*float64((i*5+j*3)%7)
		}
		s.Version = uint64(i + 2)
		if state == "starting" || i > 18 {
			by(&s)
		}
		var lines []platform.LogLine
		if i == 30 {
			lines = someLogs()
		}
		switch {
		case state == "starting":
			s.Viewings = nil
		case state == "unknown" && i > 18:
			s.Viewings = m.scene.Snapshot.Viewings
		case state == "off air" && i > 20:
			s.Viewings = []platform.ViewingAt{viewing(s.At, time.Duration(i-20)*time.Second)}
		case state == "off air soon" && i > 18:
			v := viewing(s.At, 0)
			v.Until, v.MSNAt, v.TargetMS = noon.Add(3500*time.Millisecond), noon.Add(-4*time.Second), 2000
			v.BufferMS = v.Until.Sub(s.At).Milliseconds()
			s.Viewings = []platform.ViewingAt{v}
		default:
			s.Viewings = []platform.ViewingAt{playedIn(state, viewing(s.At, 0))}
		}
		if len(s.Details) > 1 {
			s.Viewings = nil
			for j, d := range s.Details {
				if d.Signal == "old-concert" {
					continue
				}
				v := viewing(s.At, 0)
				v.BufferMS += int64((i*311+j*173)%1700) - 800
				if d.Signal == "live02" && i > 23 {
					v = viewing(s.At, time.Duration(i-23)*time.Second)
				}
				v.Signal = d.Signal
				s.Viewings = append(s.Viewings, v)
			}
		}
		m.take(polled{s.At, completed(s), lines})
		f.snapshot = s
		f.keep(noon.Add(time.Duration(i-30)*series.Step), completed(s), 40+3*float64((i*7)%11))
	}
	if state == "remembered" {
		f.journal = memorable()
	}
	m.takeJournal(m.remember(0)().(remembered))
	m.takeHistory(m.recall(0)().(recalled))
	return m, f
}

// checkFrame fails unless the view is exactly h lines of w cells.
func checkFrame(t *testing.T, m *model, w, h int, what string) {
	t.Helper()
	lines := strings.Split(m.View(), "\n")
	if len(lines) != h {
		t.Fatalf("%s at %dx%d: got %d lines, want %d", what, w, h, len(lines), h)
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Fatalf("%s at %dx%d: line %d has %d cells, want %d: %q", what, w, h, i, got, w, ansi.Strip(l))
		}
	}
}

// opened returns what may lie over the screen or change it, with the keys that open it.
func opened() map[string]string {
	return map[string]string{"": "", "help": "?", "palette": ":", "details": "e", "quit": "q", "filter": "/", "picture": "w", "zoom": "enter", "logs screen": "LL"}
}

func TestFrameIsExactlyTheSizeOfTheScreen(t *testing.T) {
	withoutDetector(t)
	for state := range states() {
		for what, keys := range opened() {
			step := 1
			if what != "" || state != "on air" {
				step = 9 // the sizes between differ only in the panels' rows
			}
			if what != "" && state != "on air" {
				continue
			}
			how := colour
			how.options.ASCII = state == "paused"
			m, _ := newTestModel(t, state, 120, 36, how)
			press(m, keys)
			size := func(w, h int) {
				m.Update(tea.WindowSizeMsg{Width: w, Height: h})
				checkFrame(t, m, w, h, state+" "+what)
			}
			for w := 1; w <= 220; w += step {
				for _, h := range []int{9, 10, 16, 24, 36} {
					size(w, h)
				}
			}
			for h := 1; h <= 70; h += step {
				for _, w := range []int{39, 40, 80, 100, 200} {
					size(w, h)
				}
			}
		}
	}
}

// nasty is text as an attacker or a broken program would write it.
const nasty = "\x1b[2J\x1b]0;owned\x07日本語 \u202e reversed e\u0301\u0301 \t👩‍👩‍👧‍👦 \r\n\x9b31m\xff very long and longer and longer and longer and longer and longer"

func TestForeignTextStaysInItsPlace(t *testing.T) {
	withoutDetector(t)
	for _, ascii := range []bool{false, true} {
		how := colour
		how.options.ASCII = ascii
		m, _ := newTestModel(t, "on air", 120, 36, how)
		s := onAir()
		s.Version, s.At = 1000, noon.Add(time.Second)
		s.Layout, s.IngestsErr, s.LogFolder = nasty, "", nasty
		status(&s, "worker", func(p *platform.Process) { p.Reason, p.State = nasty, platform.Degraded })
		s.Details[0].Signal, s.Ingests[0].Signal, s.Live[0].Signal = nasty, nasty, nasty
		s.Ingests[0].LastReported = nasty
		s.Ingests[0].Packagers = append(s.Ingests[0].Packagers, nasty)
		s.Details[0].Packagers[0].Reason, s.Details[0].Packagers[1].State = nasty, report.Misaligned
		for i := range s.Failovers {
			s.Failovers[i].Cause, s.Failovers[i].From = nasty, nasty
		}
		s.Degraded = []platform.ServingAt{{Time: noon, Process: nasty, Serving: event.Serving{Playlist: nasty, Mode: nasty, Reason: nasty, Degraded: true}}}
		s.ServingChanges = s.Degraded
		// Logs reach the panel through ParseLine, which cleans them.
		line := event.ParseLine([]byte(`{"@level":"warn","@message":"日本語 \u001b[2J","k":"\u0007\u202e"}`), noon)
		m.take(polled{s.At, completed(s), []platform.LogLine{{Seq: 100, Process: "worker", Line: line}, {Seq: 101, Process: "proxy", Line: event.ParseLine([]byte(nasty), noon)}}})
		m.notify(nasty, true)
		for _, size := range [][2]int{{120, 36}, {80, 24}, {60, 16}, {40, 10}, {99, 30}, {200, 60}} {
			for what, keys := range opened() {
				press(m, keys)
				m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				checkFrame(t, m, size[0], size[1], "nasty "+what)
				text := m.View()
				for _, bad := range []string{"\x1b[2J", "\x1b]0", "\u202e", "\x07", "\r"} {
					if strings.Contains(text, bad) {
						t.Errorf("%s at %v: the screen holds %q", what, size, bad)
					}
				}
				if ascii {
					for i, r := range text {
						if r >= 0x80 {
							t.Fatalf("%s at %v: the ASCII screen holds %q at byte %d", what, size, r, i)
						}
					}
				}
				m.dialog, m.zoomed, m.screen = nil, false, 0
			}
		}
	}
}

// press types keys: one named key, or else letter by letter. With an @ before it, it is the
// name of a panel that gets the focus.
func press(m *model, keys string) []tea.Cmd {
	if name, is := strings.CutPrefix(keys, "@"); is {
		m.focus = name
		return nil
	}
	var cmds []tea.Cmd
	for _, k := range keyMsgs(keys) {
		_, cmd := m.Update(k)
		cmds = append(cmds, cmd)
	}
	return cmds
}

func keyMsgs(keys string) []tea.KeyMsg {
	named := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd, "left": tea.KeyLeft, "right": tea.KeyRight,
		"ctrl+c": tea.KeyCtrlC, "backspace": tea.KeyBackspace, "space": tea.KeySpace,
	}
	if k, ok := named[keys]; ok {
		msg := tea.KeyMsg{Type: k}
		if k == tea.KeySpace {
			msg.Runes = []rune{' '}
		}
		return []tea.KeyMsg{msg}
	}
	var list []tea.KeyMsg
	if digit, is := strings.CutPrefix(keys, "alt+"); is {
		return []tea.KeyMsg{{Type: tea.KeyRunes, Runes: []rune(digit), Alt: true}}
	}
	for _, r := range keys {
		list = append(list, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return list
}

func TestTooSmallSaysSoAndCanBeLeft(t *testing.T) {
	m, _ := newTestModel(t, "on air", 39, 9, colour)
	if got, want := ansi.Strip(m.View()), fmt.Sprintf("%-39s", "too small: have 39x9, need 40x10"); !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
	press(m, "q")
	if !m.leaving {
		t.Error("q did not quit")
	}
}

func TestThePipelineIsTextWhereItsDrawingDoesNotFit(t *testing.T) {
	m, _ := newTestModel(t, "on air", 40, 10, colour)
	press(m, "@events")
	checkFrame(t, m, 40, 10, "the failovers below the pipeline")
	if got := ansi.Strip(m.View()); !strings.Contains(got, "worker● ─▶ [1● ACTIVE") {
		t.Errorf("there is no pipeline:\n%s", got)
	}
}
