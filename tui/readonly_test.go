package tui

import (
	"context"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/platform"
)

// readOnly looks at the screen without the right to command.
func readOnly() manner {
	how := colour
	how.options.ReadOnly = true
	how.options.Drills = []Drill{{Name: "kill-active", Run: func(ctx context.Context, p platform.Platform) (string, error) {
		return "", p.Command(ctx, platform.Command{Process: "server1", Action: platform.Kill})
	}}}
	return how
}

// TestNoKeyOfAReadOnlyDashboardCommands presses each key, and says yes to whatever it asks.
func TestNoKeyOfAReadOnlyDashboardCommands(t *testing.T) {
	for _, b := range keymap() {
		for _, k := range b.Keys() {
			if k == "ctrl+c" || k == "q" {
				continue // they leave
			}
			t.Run(k, func(t *testing.T) {
				m, f := newTestModel(t, "on air", 120, 36, readOnly())
				typed(m, k)
				if m.dialog == nil && b.commands && !strings.Contains(ansi.Strip(m.View()), "read-only: ") {
					t.Errorf("the screen does not say that it is read-only:\n%s", ansi.Strip(m.View()))
				}
				if b.commands && m.dialog != nil {
					t.Errorf("got dialog %T, want nothing asked", m.dialog)
				}
				typed(m, "y", "enter")
				if len(f.asked()) > 0 {
					t.Errorf("commands: got %v, want none", f.asked())
				}
			})
		}
	}
}

func TestAReadOnlyDashboardSaysSoAndOffersNoCommand(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}, {60, 16}} {
		m, _ := newTestModel(t, "off air", size[0], size[1], readOnly())
		if head, _, _ := strings.Cut(ansi.Strip(m.View()), "\n"); !strings.Contains(head, "READ ONLY") || !strings.Contains(head, "OFF AIR") {
			t.Errorf("at %v: got the header %q, want the light and READ ONLY in it", size, head)
		}
	}
	m, f := newTestModel(t, "on air", 120, 36, readOnly())
	typed(m, ":", "kill server")
	if got := ansi.Strip(m.View()); !strings.Contains(got, "nothing matches") {
		t.Errorf("the palette offers commands:\n%s", got)
	}
	typed(m, "esc")
	finish(m, []tea.Cmd{m.command(platform.Command{Action: platform.Failover})})
	if got := ansi.Strip(m.View()); !strings.Contains(got, "this dashboard is read-only") || len(f.asked()) > 0 {
		t.Errorf("a command from elsewhere: got %v and the screen\n%s", f.asked(), got)
	}
}

func TestKeysCanBeGivenOtherNames(t *testing.T) {
	how := colour
	how.options.Keys = map[string][]string{"kill": {"f5", "X"}, "restart": {"K"}, "details": {"space"}}
	m, f := newTestModel(t, "on air", 120, 36, how)
	typed(m, "X", "K", "r")
	want := []platform.Command{{Process: "server1", Action: platform.Kill}, {Process: "server1", Action: platform.Restart}}
	if diff := cmp.Diff(want, f.asked()); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	for a, want := range map[platform.Action]string{platform.Kill: "f5 X", platform.Restart: "K", platform.Start: "s", platform.Resume: "p", platform.Upgrade: ":"} {
		if got := m.keyOf(a); got != want {
			t.Errorf("%s: got the key %q, want %q", a, got, want)
		}
	}
	m.notify("", false)
	if got := ansi.Strip(m.View()); !strings.Contains(got, "f5 X kill") {
		t.Errorf("the foot does not name the keys:\n%s", got)
	}
	typed(m, "space")
	if got := ansi.Strip(m.View()); !strings.Contains(got, "/usr/local/bin/livestream-tui") {
		t.Errorf("space does not show the details:\n%s", got)
	}
	typed(m, "esc", "?")
	if got := ansi.Strip(m.View()); !strings.Contains(got, "f5 X  kill") || !strings.Contains(got, "K  restart") {
		t.Errorf("the help does not name the keys:\n%s", got)
	}
}

func TestOtherKeysAreChecked(t *testing.T) {
	names := map[string]bool{}
	for _, b := range keymap() {
		if b.name == "" || names[b.name] {
			t.Errorf("key %v: the name %q is empty or stands twice", b.Keys(), b.name)
		}
		names[b.name] = true
	}
	for name, c := range map[string]struct {
		keys map[string][]string
		want map[string]string
	}{
		"free keys":            {map[string][]string{"kill": {"X", "f5", "ctrl+k", "alt+k", "alt+enter", "ä", "space"}}, map[string]string{}},
		"keys that swap":       {map[string][]string{"kill": {"r"}, "restart": {"K"}}, map[string]string{}},
		"one that is taken":    {map[string][]string{"kill": {"?"}}, map[string]string{"kill": `"?" is the key of help; give that another one, too`}},
		"one twice":            {map[string][]string{"kill": {"X"}, "restart": {"X"}}, map[string]string{"restart": `"X" is the key of kill; give that another one, too`}},
		"a number":             {map[string][]string{"kill": {"4"}}, map[string]string{"kill": `"4" is the key of screen; give that another one, too`}},
		"what no terminal has": {map[string][]string{"kill": {"hyper+k"}}, map[string]string{"kill": `"hyper+k" is no key; allowed are single characters and names such as f5, ctrl+k, alt+k, enter and space`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, CheckKeys(c.keys)); diff != "" {
				t.Errorf("wrong (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutConfirmationsNothingIsAsked(t *testing.T) {
	how := colour
	how.options.Unasked = true
	m, f := newTestModel(t, "no spare", 120, 36, how)
	typed(m, "k", "K") // above the one that is down
	if diff := cmp.Diff([]platform.Command{{Process: "server1", Action: platform.Kill}}, f.asked()); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	typed(m, "q")
	if !m.leaving {
		t.Error("q has asked")
	}
}
