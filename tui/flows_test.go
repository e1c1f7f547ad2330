package tui

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// flow is what keys do in a running program.
type flow struct {
	state string // of the platform; empty means on air
	keys  []string
	// shows is a text on the screen afterwards, command what the platform is asked to do,
	// and is what holds for the model in the end. Each may be left out.
	shows   string
	command platform.Command
	is      func(m *model) bool
}

// flows returns a flow for every key of the keymap.
func flows() map[string]flow {
	restart := func(process string) platform.Command {
		return platform.Command{Process: process, Action: platform.Restart}
	}
	// scrolled reports whether the logs are scrolled by eight cells.
	scrolled := func(m *model) bool { return strings.Contains(ansi.Strip(m.View()), "INF server1    published ") }
	focus := func(panel string) func(*model) bool { return func(m *model) bool { return m.focus == panel } }
	list := map[string]flow{
		"up":        {keys: []string{"down", "up", "r"}, command: restart("server1")},
		"k":         {keys: []string{"j", "k", "r"}, command: restart("server1")},
		"down":      {keys: []string{"down", "r"}, command: restart("server2")},
		"j":         {keys: []string{"j", "r"}, command: restart("server2")},
		"pgup":      {keys: []string{"end", "pgup", "r"}, shows: "restart worker?"},
		"pgdown":    {keys: []string{"pgdown", "r"}, command: restart("viewer")},
		"home":      {keys: []string{"end", "home", "r"}, shows: "restart worker?"},
		"g":         {keys: []string{"end", "g", "r"}, shows: "restart worker?"},
		"end":       {keys: []string{"end", "r"}, command: restart("viewer")},
		"G":         {keys: []string{"G", "r"}, command: restart("viewer")},
		"left":      {keys: []string{"alt+5", "right", "right", "left"}, is: scrolled},
		"right":     {keys: []string{"alt+5", "right"}, is: scrolled},
		"tab":       {keys: []string{"tab"}, is: focus("events")},
		"shift+tab": {keys: []string{"shift+tab"}, is: focus("signals")},
		"enter":     {keys: []string{"alt+4", "enter"}, is: func(m *model) bool { return m.zoomed && m.focus == "events" }},
		"esc":       {keys: []string{"enter", "esc"}, is: func(m *model) bool { return !m.zoomed }},
		"K":         {keys: []string{"K"}, shows: "kill server1: under way", command: platform.Command{Process: "server1", Action: platform.Kill}},
		"r":         {keys: []string{"r"}, shows: "restart server1: under way", command: restart("server1")},
		"s":         {keys: []string{"s"}, shows: "stop server1: under way", command: platform.Command{Process: "server1", Action: platform.Stop}},
		"p":         {state: "paused", keys: []string{"p"}, shows: "resume server2: under way", command: platform.Command{Process: "server2", Action: platform.Resume}},
		"l":         {keys: []string{"l"}, shows: "server1  level INF and up"},
		"e":         {keys: []string{"j", "e"}, shows: "INGEST_TOKEN=********"},
		"f":         {keys: []string{"f"}, shows: "fail over live01: under way", command: platform.Command{Action: platform.Failover, Signal: "live01"}},
		"F":         {keys: []string{"F"}, shows: "fail over every signal: under way", command: platform.Command{Action: platform.Failover}},
		"h":         {keys: []string{"h"}, shows: "hold server1 for live01: under way", command: platform.Command{Process: "server1", Action: platform.Hold, Signal: "live01"}},
		"H":         {keys: []string{"H"}, shows: "hold server1 for every signal: under way", command: platform.Command{Process: "server1", Action: platform.Hold}},
		"d":         {state: "machines well", keys: []string{"d", "y"}, shows: "drain a: under way", command: platform.Command{Action: platform.Drain, Machine: "a"}},
		"M":         {keys: []string{"M"}, shows: "this platform is one machine's"},
		">":         {keys: []string{">"}, shows: "by name"},
		"z":         {keys: []string{"z"}, is: func(m *model) bool { return m.zoomed && m.focus == "services" }},
		"c":         {keys: []string{"c", "kill", "enter", "y"}, shows: "drill kill-active: nobody noticed"},
		"!":         {state: "no spare", keys: []string{"!"}, shows: "starts server2"},
		"a":         {keys: []string{"a"}, shows: "no alarm"},
		"w":         {keys: []string{"w"}, is: func(m *model) bool { return m.picture.on }},
		"v":         {keys: []string{"v"}, shows: "VLC opens http://localhost:8002/live01/playlist.m3u8"},
		"b":         {keys: []string{"b"}, shows: "the browser opens http://localhost:8002/watch/live01"},
		"/":         {keys: []string{"/", "refused", "enter"}, shows: "/refused/"},
		"&":         {keys: []string{"&", "refused", "enter"}, shows: "&refused& 1 of 8"},
		"}":         {keys: []string{"{", "{", "}"}, is: func(m *model) bool { return m.logs.Held() }},
		"{":         {keys: []string{"{"}, shows: "HELD"},
		"W":         {keys: []string{"W"}, shows: "long lines are wrapped"},
		"R":         {keys: []string{"R"}, shows: "since server1 start 1"},
		"E":         {keys: []string{"E"}, shows: "no such log"},
		"n":         {keys: []string{"N", "N", "n"}, is: func(m *model) bool { return m.logs.Held() }},
		"N":         {keys: []string{"N"}, shows: "HELD"},
		"[":         {keys: []string{"["}, shows: "level DBG and up"},
		"]":         {keys: []string{"]"}, shows: "level WRN and up"},
		"T":         {keys: []string{"N", "T"}, is: func(m *model) bool { return !m.logs.Held() }},
		"y":         {keys: []string{"y"}, shows: "lines copied"},
		"o":         {keys: []string{"o"}, shows: "lines in /home/op/"},
		"L":         {keys: []string{"L"}, shows: "screen watch"},
		"t":         {keys: []string{"t"}, shows: "theme dark"},
		"m":         {keys: []string{"m"}, shows: "mouse on"},
		":":         {keys: []string{":", "restart server2", "enter"}, command: restart("server2")},
		"u":         {keys: []string{"u"}, shows: "no live input is known"},
		"i":         {keys: []string{"i"}, shows: "saved as /home/op/"},
		"?":         {keys: []string{"?"}, shows: "THE SELECTED PROCESS"},
		"q":         {keys: []string{"q"}, shows: "stop everything and quit?"},
		"ctrl+c":    {keys: []string{"ctrl+c"}, is: func(m *model) bool { return m.leaving }},
	}
	maps.Copy(list, numberFlows())
	return list
}

func TestEachKeyInAProgramThatRuns(t *testing.T) {
	list := flows()
	for _, b := range keymap() {
		for _, k := range b.Keys() {
			f, ok := list[k]
			if !ok {
				t.Errorf("key %q has no flow", k)
				continue
			}
			t.Run(k, func(t *testing.T) {
				t.Parallel()
				f.run(t)
			})
		}
	}
}

func (f flow) run(t *testing.T) {
	s := onAir()
	states()[cmp.Or(f.state, "on air")](&s)
	fake := &fakePlatform{snapshot: s, lines: someLogs()}
	stopped := make(chan struct{})
	tm := program(t, fake, Options{Stopped: stopped, Stop: func() {}, Drills: []Drill{{
		Name: "kill-active", Run: func(context.Context, platform.Platform) (string, error) { return "nobody noticed", nil },
	}}})
	await(t, tm, "upstream refused") // the logs are the last to come
	for _, k := range f.keys {
		for _, msg := range keyMsgs(k) {
			tm.Send(msg)
		}
	}
	if f.shows != "" {
		await(t, tm, f.shows)
	}
	if f.command != (platform.Command{}) {
		deadline := time.Now().Add(20 * time.Second)
		for !slices.Contains(fake.asked(), f.command) {
			if time.Now().After(deadline) {
				t.Fatalf("commands: got %v, want %v", fake.asked(), f.command)
			}
			time.Sleep(5 * time.Millisecond) // polls
		}
	}
	close(stopped)
	final, ok := tm.FinalModel(t, teatest.WithFinalTimeout(20*time.Second)).(*model)
	if !ok || f.is != nil && !f.is(final) {
		t.Errorf("after %q the model is not as it should be:\n%s", f.keys, final.View())
	}
}

// numberFlows returns those of the numbers: of the screens, and with alt of the panels.
func numberFlows() map[string]flow {
	list := map[string]flow{}
	l := testLayout()
	for i := range 9 {
		digit, screen := strconv.Itoa(i+1), "watch" // the second one: there may be no such screen
		if i < len(l.Screens) {
			screen = l.Screens[i].Name
		}
		list[digit] = flow{keys: []string{"2", digit}, is: func(m *model) bool { return m.scene.Layout.Screens[m.screen].Name == screen }}
		panel := "services" // as at the start: the screen may have no such panel
		if names := panelsOf(l.Screens[0]); i < len(names) {
			panel = names[i]
		}
		list["alt+"+digit] = flow{keys: []string{"alt+" + digit}, is: func(m *model) bool { return m.focus == panel }}
	}
	return list
}

// panelsOf returns the names of a screen's panels, from the upper left.
func panelsOf(s layouts.Screen) []string {
	var names []string
	for _, r := range s.Rows {
		for _, p := range r.Panels {
			names = append(names, p.Name)
		}
	}
	return names
}
