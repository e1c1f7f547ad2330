package tui

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest"
	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/panel"
)

// finish runs the commands of a key and gives their messages to the model.
func finish(m *model, cmds []tea.Cmd) {
	for _, cmd := range cmds {
		if cmd == nil {
			continue
		}
		if msg := cmd(); msg != nil {
			m.Update(msg)
		}
	}
}

// typed presses keys one after the other and runs their commands.
func typed(m *model, keys ...string) {
	for _, k := range keys {
		finish(m, press(m, k))
	}
}

func TestKeysThatActOnTheSelectedProcess(t *testing.T) {
	for name, c := range map[string]struct {
		state string
		keys  []string
		want  []platform.Command
	}{
		"K kills":                              {"on air", []string{"K"}, []platform.Command{{Process: "server1", Action: platform.Kill}}},
		"r restarts":                           {"on air", []string{"down", "r"}, []platform.Command{{Process: "server2", Action: platform.Restart}}},
		"s stops":                              {"on air", []string{"s"}, []platform.Command{{Process: "server1", Action: platform.Stop}}},
		"s starts what is stopped":             {"no spare", []string{"s"}, []platform.Command{{Process: "server2", Action: platform.Start}}},
		"p pauses":                             {"on air", []string{"p"}, []platform.Command{{Process: "server1", Action: platform.Pause}}},
		"p resumes what is paused":             {"paused", []string{"p"}, []platform.Command{{Process: "server2", Action: platform.Resume}}},
		"f fails over":                         {"on air", []string{"f"}, []platform.Command{{Action: platform.Failover, Signal: "live01"}}},
		"h holds a packager":                   {"on air", []string{"h"}, []platform.Command{{Process: "server1", Action: platform.Hold, Signal: "live01"}}},
		"h is not for others":                  {"on air", []string{"k", "h"}, nil},
		"up from the first stays":              {"on air", []string{"up", "k", "j", "K"}, []platform.Command{{Process: "server1", Action: platform.Kill}}},
		"end and home":                         {"on air", []string{"end", "k", "k", "r", "home", "j", "r"}, []platform.Command{{Process: "origin", Action: platform.Restart}, {Process: "server1", Action: platform.Restart}}},
		"in the packagers' panel, the next":    {"on air", []string{"@packagers", "down", "down", "K"}, []platform.Command{{Process: "server2", Action: platform.Kill}}},
		"the only worker: asks, default no":    {"on air", []string{"k", "K", "enter"}, nil},
		"the only worker: y is yes":            {"on air", []string{"k", "K", "y"}, []platform.Command{{Process: "worker", Action: platform.Kill}}},
		"the only worker: chosen with the tab": {"on air", []string{"k", "p", "tab", "enter"}, []platform.Command{{Process: "worker", Action: platform.Pause}}},
		"the only packager: asks":              {"no spare", []string{"k", "K", "n"}, nil},
		"the proxy: asks":                      {"on air", []string{"end", "k", "s", "esc"}, nil},
		"a proxy that hands over":              {"on air", []string{"end", "k", "r"}, []platform.Command{{Process: "proxy", Action: platform.Restart}}},
		"starting what endangers nothing":      {"off air", []string{"g", "r"}, []platform.Command{{Process: "worker", Action: platform.Restart}}},
		"by name":                              {"on air", []string{":", "kill server2", "enter"}, []platform.Command{{Process: "server2", Action: platform.Kill}}},
		"by name, dangerous: asks":             {"on air", []string{":", "kill proxy", "enter"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m, f := newTestModel(t, c.state, 120, 36, colour)
			typed(m, c.keys...)
			if diff := cmp.Diff(c.want, f.commands); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuitAsksAsLongAsTheStreamMayBeOnAir(t *testing.T) {
	for state, want := range map[string]bool{
		"on air": true, "no spare": true, "unknown": true, "paused": true, "failed": true, "starting": false, "off air": false, "off air soon": true, "several signals": true,
	} {
		m, _ := newTestModel(t, state, 120, 36, colour)
		press(m, "q")
		if _, asks := m.dialog.(*confirm); asks != want || m.leaving == want {
			t.Errorf("%s: asked %t and leaving %t, want asked %t", state, asks, m.leaving, want)
		}
	}
}

func TestKeysOfOneMomentAreAllTaken(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jq")})
	if _, asks := m.dialog.(*confirm); !asks || m.scene.Selected != "server2" {
		t.Errorf("got %s selected and dialog %T, want server2 and a question", m.scene.Selected, m.dialog)
	}
}

func TestPastedTextIsNoCommand(t *testing.T) {
	m, f := newTestModel(t, "on air", 120, 36, colour)
	paste := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jKqf"), Paste: true}
	_, cmd := m.Update(paste)
	finish(m, []tea.Cmd{cmd})
	if m.dialog != nil || len(f.commands) != 0 || m.leaving {
		t.Errorf("got dialog %T and commands %v, want nothing done", m.dialog, f.commands)
	}
	typed(m, "&")
	m.Update(paste)
	if got, _ := m.logs.Filter(); got != "jKqf" {
		t.Errorf("filter: got %q, want what was pasted", got)
	}
}

func TestARefusedCommandIsShown(t *testing.T) {
	m, f := newTestModel(t, "on air", 120, 36, colour)
	f.refuse = errors.New("server1 is\x1b[2J stopping")
	typed(m, "K")
	if got, want := ansi.Strip(m.View()), "kill server1: server1 is stopping"; !strings.Contains(got, want) {
		t.Errorf("the screen does not say %q:\n%s", want, got)
	}
}

func TestKeysThatShowSomething(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		want string // on the screen
		not  string // not on the screen; empty means that anything may be
	}{
		"? shows the help":                 {[]string{"?"}, "THE SELECTED PROCESS", ""},
		"esc closes the help":              {[]string{"?", "esc"}, "EVENTS", "THE SELECTED PROCESS"},
		"e shows the command line":         {[]string{"e"}, "/usr/local/bin/livestream-tui", ""},
		": shows what can be done":         {[]string{":"}, "COMMANDS", ""},
		"enter zooms":                      {[]string{"enter"}, "SERVICES", "EVENTS"},
		"esc goes back":                    {[]string{"enter", "esc"}, "EVENTS", ""},
		"tab goes to the next panel":       {[]string{"tab", "enter"}, "EVENTS", "SERVICES"},
		"shift+tab to the one before":      {[]string{"shift+tab", "z"}, "SIGNALS", "SERVICES"},
		"a number goes to a screen":        {[]string{"2"}, "VIEWERS", "SERVICES"},
		"alt and a number go to a panel":   {[]string{"alt+5", "enter"}, "LOGS", "SERVICES"},
		"a number without a screen":        {[]string{"9"}, "this layout has 3 screens", ""},
		"L shows the next screen":          {[]string{"L"}, "VIEWERS", "SERVICES"},
		"L comes around to the same panel": {[]string{"L", "L", "L", "e"}, "SERVER1", ""},
		"L comes around":                   {[]string{"L", "L", "L"}, "SERVICES", "VIEWERS"},
		"l shows one service's logs":       {[]string{"l"}, "server1  level INF", "all services"},
		"l again shows all":                {[]string{"l", "l"}, "all services", ""},
		"& filters while it is typed":      {[]string{"&", "refused"}, "1 of 8 lines", ""},
		"a filter is a regular expression": {[]string{"&", "play(ed|list)", "enter"}, "&play(ed|list)& 2 of", "refused"},
		"anything else is text":            {[]string{"&", "a(", "enter"}, "as text", ""},
		"esc drops the filter":             {[]string{"&", "refused", "enter", "esc"}, "segment published", "&refused&"},
		"esc while typing restores":        {[]string{"&", "refused", "esc"}, "segment published", "&refused&"},
		"/ marks, and keeps the rest":      {[]string{"/", "advanced", "enter"}, "segment published", "FOLLOW"},
		"/ says that nothing matches":      {[]string{"/", "no such thing"}, "no match", "HELD"},
		"n says that nothing more matches": {[]string{"/", "advanced", "enter", "n"}, "no match below", ""},
		"{ goes to the last trouble":       {[]string{"{"}, "HELD", ""},
		"} says that there is no more":     {[]string{"}"}, "no error or warning below", ""},
		"enter opens the held line":        {[]string{"@logs", "N", "N", "enter"}, "connection refused", ""},
		"n goes on from an open line":      {[]string{"@logs", "N", "N", "N", "enter", "n"}, "refused the connection", ""},
		"W wraps":                          {[]string{"W"}, "long lines are wrapped", ""},
		"R shows this start's lines":       {[]string{"R"}, "since server1 start 1", ""},
		"R again shows all":                {[]string{"R", "R"}, "all services", "since server1"},
		"] shows fewer levels":             {[]string{"]", "]"}, "upstream refused", "segment published"},
		"[ shows more levels":              {[]string{"[", "@logs", "enter"}, "frame=  250", ""},
		"N holds the log":                  {[]string{"N"}, "HELD", "FOLLOW"},
		"n past the newest follows again":  {[]string{"N", "n"}, "FOLLOW", "HELD"},
		"T follows again":                  {[]string{"N", "N", "T"}, "FOLLOW", "HELD"},
		"t changes the theme":              {[]string{"t"}, "theme dark", ""},
		"m turns the mouse on":             {[]string{"m"}, "mouse on", ""},
		"y copies":                         {[]string{"y"}, "lines copied", ""},
		"o saves":                          {[]string{"o"}, "lines in /home/op/", ""},
		"i reports":                        {[]string{"i"}, "saved as /home/op/", ""},
		"v opens VLC":                      {[]string{"v"}, "VLC opens http://localhost:8002/live01/playlist.m3u8", ""},
		"b opens the browser":              {[]string{"b"}, "the browser opens http://localhost:8002/watch/live01", ""},
		"c without drills says so":         {[]string{"c"}, "no drills", ""},
		"enter on a failover: its logs":    {[]string{"@events", "down", "enter"}, "14:01:02.000  2→1 live01  server2 stale for 2.1s, paused · wait 38ms", ""},
		"q asks on air":                    {[]string{"q"}, "stop everything and quit?", ""},
		"q, then n":                        {[]string{"q", "n"}, "ON AIR", "stop everything"},
		"ctrl+z is nothing":                {[]string{"z"}, "ON AIR", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, "on air", 120, 36, colour)
			typed(m, c.keys...)
			got := ansi.Strip(m.View())
			if !strings.Contains(got, c.want) {
				t.Errorf("the screen lacks %q:\n%s", c.want, got)
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("the screen has %q:\n%s", c.not, got)
			}
			checkFrame(t, m, 120, 36, name)
		})
	}
}

func TestHelpNamesEveryKeyOnce(t *testing.T) {
	seen := map[string]string{}
	for _, b := range keymap() {
		if b.Help().Desc == "" || b.group.String() == "" {
			t.Errorf("key %v has no help", b.Keys())
		}
		for _, k := range b.Keys() {
			if other, ok := seen[k]; ok {
				t.Errorf("key %q is both %q and %q", k, other, b.Help().Desc)
			}
			seen[k] = b.Help().Desc
		}
	}
	if _, ok := seen["ctrl+z"]; ok {
		t.Error("ctrl+z is bound")
	}
	for state, isCluster := range map[string]bool{"on air": false, "machines well": true} {
		m, _ := newTestModel(t, state, 120, 36, colour)
		var text strings.Builder
		for _, l := range helpLines(m, 200) {
			text.WriteString(l.String() + "\n")
		}
		for _, b := range m.keys {
			if want := isCluster || !b.cluster; strings.Contains(text.String(), b.Help().Desc) != want {
				t.Errorf("%s: the help has %q: %t, want %t", state, b.Help().Desc, !want, want)
			}
		}
	}
}

func TestLogsStayWhereTheyAreHeld(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	typed(m, "@logs", "enter", "N", "N")
	var more []platform.LogLine
	for i := range 3 * panel.LogsMost {
		more = append(more, platform.LogLine{Seq: uint64(1000 + i), Process: "proxy", Line: event.Line{Time: noon, Level: event.LevelInfo, Message: fmt.Sprint("more ", i)}})
	}
	m.take(polled{noon, completed(onAir()), more[:1000]})
	before := m.View() // with the mark of the held line
	m.take(polled{noon, completed(onAir()), more[1000:2000]})
	if !m.logs.Held() || m.View() != before {
		t.Error("what was held moved")
	}
	m.take(polled{noon, completed(onAir()), more[2000:]})
	if _, got := m.logs.Counts(); got > panel.LogsMost+panel.LogsMost/4 {
		t.Errorf("%d lines are kept, want %d at most", got, panel.LogsMost+panel.LogsMost/4)
	}
	checkFrame(t, m, 120, 36, "after much log")
}

// program runs the dashboard as a program in a test's terminal.
func program(t *testing.T, f *fakePlatform, o Options) *teatest.TestModel {
	t.Helper()
	r := lipgloss.NewRenderer(io.Discard)
	return teatest.NewTestModel(t, newModel(t.Context(), f, testLayout(), o, look{Renderer: r}, silent()), teatest.WithInitialTermSize(120, 36))
}

func TestProgramQuitsWhenThePlatformHasStopped(t *testing.T) {
	for name, keys := range map[string][]string{"q and y": {"q", "y"}, "ctrl+c": {"ctrl+c"}} {
		t.Run(name, func(t *testing.T) {
			f := &fakePlatform{snapshot: onAir()}
			stopped := make(chan struct{})
			asked := make(chan struct{})
			tm := program(t, f, Options{Stopped: stopped, Stop: func() { close(asked) }})
			await(t, tm, "ON AIR")
			for _, k := range keys {
				for _, msg := range keyMsgs(k) {
					tm.Send(msg)
				}
			}
			select {
			case <-asked:
			case <-time.After(10 * time.Second):
				t.Fatal("the platform was not asked to stop")
			}
			f.change(func(s *platform.Snapshot) {
				s.Stopping = true
				gone(s, "viewer", platform.Exited, "")
			})
			await(t, tm, "STOPPING  7 left")
			close(stopped)
			tm.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
		})
	}
}

func TestProgramShowsAKillAndItsFailover(t *testing.T) {
	f := &fakePlatform{snapshot: onAir()}
	f.onCommand = func(f *fakePlatform, c platform.Command) {
		gone(&f.snapshot, c.Process, platform.Backoff, "signal: killed, restarting in 100ms")
		f.snapshot.Failovers = append(slices.Clone(f.snapshot.Failovers), platform.FailoverAt{Time: noon, Process: "proxy", Failover: event.Failover{
			Signal: "live01", From: "http://localhost:8080", To: "http://localhost:9090", Cause: "server1 refused", MSNBefore: 11, MSNAfter: 12, GapMS: 27,
		}})
		f.snapshot.Version++
	}
	stopped := make(chan struct{})
	tm := program(t, f, Options{Stopped: stopped, Stop: func() {}})
	await(t, tm, "ON AIR")
	tm.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("K")})
	await(t, tm, "27ms")
	close(stopped)
	tm.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
}

// await waits until a text was on the screen.
func await(t *testing.T, tm *teatest.TestModel, text string) {
	t.Helper()
	teatest.WaitFor(t, tm.Output(), func(b []byte) bool { return strings.Contains(ansi.Strip(string(b)), text) },
		teatest.WithDuration(20*time.Second), teatest.WithCheckInterval(20*time.Millisecond))
}

func TestQuitFromAPlatformOfOthersDetaches(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	m.options.Stop = nil
	if got := ansi.Strip(m.View()); !strings.Contains(got, "q detach") {
		t.Errorf("the foot does not say so:\n%s", got)
	}
	cmd := press(m, "q")[0]
	if cmd == nil {
		t.Fatal("q did nothing")
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("q did not end the program")
	}
}

func TestMouseChoosesAndMoves(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	var services, logs int // the first line below the frame's upper edge
	for _, p := range m.places() {
		switch p.Panel {
		case "services":
			services = p.Y + 2
		case "logs":
			logs = p.Y + 2
		}
	}
	m.Update(tea.MouseMsg{X: 5, Y: services + 3, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
	if m.scene.Selected != "server2" || m.focus != "services" {
		t.Errorf("got %s in %s, want server2 in services", m.scene.Selected, m.focus)
	}
	m.Update(tea.MouseMsg{X: 5, Y: logs, Button: tea.MouseButtonWheelUp, Action: tea.MouseActionPress})
	if m.focus != "logs" || !m.logs.Held() {
		t.Errorf("the wheel over the log: focus %s, held %t", m.focus, m.logs.Held())
	}
	m.Update(tea.MouseMsg{X: 5, Y: 0, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress}) // the header
	checkFrame(t, m, 120, 36, "after the mouse")
}

func TestHReleasesThePackagerThatIsHeld(t *testing.T) {
	m, f := newTestModel(t, "on air", 120, 36, colour)
	s := m.scene.Snapshot
	s.Preferences = []report.Preference{{Signal: "live01", Active: "http://localhost:8080", Held: true}}
	m.take(polled{s.At, completed(s), nil})
	typed(m, "h")
	if diff := cmp.Diff([]platform.Command{{Action: platform.Release, Signal: "live01"}}, f.commands); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}
