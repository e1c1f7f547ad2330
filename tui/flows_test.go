package tui

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest"

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
		"up":        {keys: []string{"down", "down", "up", "r"}, command: restart("server1")},
		"k":         {keys: []string{"j", "j", "k", "r"}, command: restart("server1")},
		"down":      {keys: []string{"down", "r"}, command: restart("server1")},
		"j":         {keys: []string{"j", "j", "r"}, command: restart("server2")},
		"pgup":      {keys: []string{"end", "pgup", "r"}, shows: "restart worker?"},
		"pgdown":    {keys: []string{"pgdown", "r"}, command: restart("viewer")},
		"home":      {keys: []string{"end", "home", "r"}, shows: "restart worker?"},
		"g":         {keys: []string{"end", "g", "r"}, shows: "restart worker?"},
		"end":       {keys: []string{"end", "r"}, command: restart("viewer")},
		"G":         {keys: []string{"G", "r"}, command: restart("viewer")},
		"left":      {keys: []string{"6", "right", "right", "left"}, is: scrolled},
		"right":     {keys: []string{"6", "right"}, is: scrolled},
		"tab":       {keys: []string{"tab"}, is: focus("packagers")},
		"shift+tab": {keys: []string{"shift+tab"}, is: focus("pipeline")},
		"1":         {keys: []string{"1"}, is: focus("pipeline")},
		"2":         {keys: []string{"1", "2"}, is: focus("services")},
		"3":         {keys: []string{"3"}, is: focus("packagers")},
		"4":         {keys: []string{"4"}, is: focus("ingest")},
		"5":         {keys: []string{"5"}, is: focus("failovers")},
		"6":         {keys: []string{"6"}, is: focus("logs")},
		"7":         {keys: []string{"7"}, is: focus("services")}, // the screen has no such panel
		"8":         {keys: []string{"8"}, is: focus("services")},
		"9":         {keys: []string{"9"}, is: focus("services")},
		"enter":     {keys: []string{"5", "enter"}, is: func(m *model) bool { return m.zoomed && m.focus == "failovers" }},
		"esc":       {keys: []string{"enter", "esc"}, is: func(m *model) bool { return !m.zoomed }},
		"K":         {keys: []string{"j", "K"}, shows: "kill server1: under way", command: platform.Command{Process: "server1", Action: platform.Kill}},
		"r":         {keys: []string{"j", "r"}, shows: "restart server1: under way", command: restart("server1")},
		"s":         {keys: []string{"j", "s"}, shows: "stop server1: under way", command: platform.Command{Process: "server1", Action: platform.Stop}},
		"p":         {state: "paused", keys: []string{"j", "j", "p"}, shows: "resume server2: under way", command: platform.Command{Process: "server2", Action: platform.Resume}},
		"l":         {keys: []string{"j", "l"}, shows: "server1  level INF and up"},
		"e":         {keys: []string{"j", "j", "e"}, shows: "INGEST_TOKEN=********"},
		"f":         {keys: []string{"f"}, shows: "fail over: under way", command: platform.Command{Action: platform.Failover}},
		"h":         {keys: []string{"j", "h"}, shows: "hold server1: under way", command: platform.Command{Process: "server1", Action: platform.Hold}},
		"c":         {keys: []string{"c", "kill", "enter"}, shows: "drill kill-active: nobody noticed"},
		"w":         {keys: []string{"w"}, is: func(m *model) bool { return m.picture.on }},
		"v":         {keys: []string{"v"}, shows: "VLC opens http://localhost:8002/live01/playlist.m3u8"},
		"b":         {keys: []string{"b"}, shows: "the browser opens http://localhost:8002"},
		"/":         {keys: []string{"/", "refused", "enter"}, shows: "/refused/ 1 of 8"},
		"n":         {keys: []string{"N", "N", "n"}, is: func(m *model) bool { return m.logs.Held() }},
		"N":         {keys: []string{"N"}, shows: "HELD"},
		"[":         {keys: []string{"["}, shows: "level DBG and up"},
		"]":         {keys: []string{"]"}, shows: "level WRN and up"},
		"F":         {keys: []string{"N", "F"}, is: func(m *model) bool { return !m.logs.Held() }},
		"y":         {keys: []string{"y"}, shows: "lines copied"},
		"o":         {keys: []string{"o"}, shows: "lines in /home/op/"},
		"L":         {keys: []string{"L"}, shows: "screen watch"},
		"t":         {keys: []string{"t"}, shows: "theme dark"},
		"m":         {keys: []string{"m"}, shows: "mouse on"},
		":":         {keys: []string{":", "restart server2", "enter"}, command: restart("server2")},
		"i":         {keys: []string{"i"}, shows: "incident report: /home/op/"},
		"?":         {keys: []string{"?"}, shows: "THE SELECTED PROCESS"},
		"q":         {keys: []string{"q"}, shows: "stop everything and quit?"},
		"ctrl+c":    {keys: []string{"ctrl+c"}, is: func(m *model) bool { return m.leaving }},
	}
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
