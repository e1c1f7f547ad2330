package tui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
)

func TestTheAlarmRingsUntilItIsAcknowledged(t *testing.T) {
	type look struct {
		at    int    // in seconds
		off   string // the signals that are off air
		key   bool   // the operator acknowledges
		rings bool
	}
	for name, looks := range map[string][]look{
		"at once, then every ten seconds": {{0, "", false, false}, {1, "a", false, true}, {2, "a", false, false}, {10, "a", false, false}, {11, "a", false, true}, {20, "a", false, false}, {21, "a", false, true}},
		"acknowledged":                    {{0, "a", false, true}, {3, "a", true, false}, {13, "a", false, false}, {99, "a", false, false}},
		"another signal":                  {{0, "a", false, true}, {3, "a", true, false}, {13, "a b", false, true}, {23, "a b", false, true}, {24, "a b", true, false}, {40, "a b", false, false}},
		"another outage":                  {{0, "a", false, true}, {3, "a", true, false}, {13, "", false, false}, {14, "a", false, true}},
		"several at once ring once":       {{0, "a b", false, true}, {1, "a b", false, false}},
		"another one rings at once":       {{0, "a", false, true}, {1, "a b", false, true}, {10, "a b", false, false}, {11, "a b", false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			var a alarm
			for i, l := range looks {
				o := platform.OnAir{State: platform.AirOn}
				for _, signal := range strings.Fields(l.off) {
					o.State = platform.AirOff
					o.Signals = append(o.Signals, platform.SignalAir{Signal: signal, State: platform.AirOff, Due: true})
				}
				if l.key {
					a = a.acknowledged()
				}
				rings := false
				if a, rings = a.next(o, noon.Add(time.Duration(l.at)*time.Second)); rings != l.rings {
					t.Errorf("look %d, after %d s: got %t, want %t", i, l.at, rings, l.rings)
				}
			}
		})
	}
}

func TestTheBellRingsAndTheFootSaysHowToAcknowledge(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	rung := 0
	m.outside.Bell = func() { rung++ }
	var notified []string
	m.options.Notifications = "osc9"
	m.outside.Notify = func(way, text string) { notified = append(notified, way+" "+text) }
	standStill := func(second int) {
		s := onAir()
		s.Version, s.At = uint64(2000+second), noon.Add(time.Duration(second)*time.Second)
		s.Viewings = []platform.ViewingAt{viewing(s.At, time.Duration(second)*time.Second)}
		finish(m, []tea.Cmd{m.take(polled{s.At, completed(s), nil})})
	}
	for second := 1; second <= 12; second++ {
		standStill(second)
	}
	if rung != 2 {
		t.Errorf("the bell rang %d times in 12 s, want twice", rung)
	}
	if len(notified) != 1 || !strings.HasPrefix(notified[0], "osc9 OFF AIR: live01 has stood still") {
		t.Errorf("notifications: got %q, want one", notified)
	}
	wantShown(t, m, "a acknowledge")
	typed(m, "a")
	wantShown(t, m, "acknowledged: the bell is silent until another signal goes off air")
	for second := 13; second <= 40; second++ {
		standStill(second)
	}
	if rung != 2 || strings.Contains(ansi.Strip(m.View()), "a acknowledge") {
		t.Errorf("acknowledged: rung %d times, want no more than before:\n%s", rung, ansi.Strip(m.View()))
	}
}
