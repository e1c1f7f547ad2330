package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
)

// drillOf is a drill that lasts until it is undone.
func drillOf(undone *bool) []Drill {
	return []Drill{{Name: "pause-active", About: "the active packager is stopped", Hold: 3 * time.Second, Run: func(ctx context.Context, _ platform.Platform) (string, error) {
		<-ctx.Done()
		*undone = true
		return "", ctx.Err()
	}}}
}

// wantShown fails unless the screen has each text.
func wantShown(t *testing.T, m *model, texts ...string) {
	t.Helper()
	got := ansi.Strip(m.View())
	for _, text := range texts {
		if !strings.Contains(got, text) {
			t.Errorf("the screen lacks %q:\n%s", text, got)
		}
	}
}

func TestADrillAsksFirstAndShowsItsVerdict(t *testing.T) {
	m, _ := newTestModel(t, "on air", 80, 24, colour)
	m.options.Drills = []Drill{{Name: "kill-active", About: "it is killed", Run: func(context.Context, platform.Platform) (string, error) { return "no stall", nil }}}
	typed(m, "c", "enter")
	wantShown(t, m, "drill kill-active?", "It is killed. 1 signal is on air, with a spare")
	typed(m, "n")
	if m.drilling != nil {
		t.Fatal("no was taken for yes")
	}
	typed(m, "c", "enter", "y")
	wantShown(t, m, "drill kill-active: no stall", "q quit")
	if m.drilling != nil {
		t.Error("the drill still is under way")
	}
}

func TestEscUndoesADrillOfWhichThereIsOneAtATime(t *testing.T) {
	m, _ := newTestModel(t, "on air", 80, 24, colour)
	undone := false
	m.options.Drills = drillOf(&undone)
	typed(m, "c", "enter")
	under := press(m, "y")
	wantShown(t, m, "drill pause-active  00:00", "esc undoes it")
	typed(m, "c")
	wantShown(t, m, "one at a time: esc undoes it")
	typed(m, "esc")
	wantShown(t, m, "is being undone")
	finish(m, under)
	wantShown(t, m, "drill pause-active: undone before its end")
	if !undone || m.drilling != nil {
		t.Errorf("undone %t, under way %t, want it undone", undone, m.drilling != nil)
	}
}

func TestADashboardThatDetachesUndoesItsDrillFirst(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	m.options.Stop = nil
	undone := false
	m.options.Drills = drillOf(&undone)
	typed(m, "c", "enter")
	under := press(m, "y")
	for _, cmd := range press(m, "q") {
		if cmd != nil {
			t.Error("it detaches while the fault is there")
		}
	}
	_, cmd := m.Update(under[0]())
	if cmd == nil || !undone {
		t.Fatalf("undone %t, and it does not detach", undone)
	}
	if _, quits := cmd().(tea.QuitMsg); !quits {
		t.Error("it does not detach")
	}
}

func TestTheHarmOfADrillIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		state string
		drill Drill
		want  string
	}{
		"with a spare":      {"on air", Drill{About: "a is killed"}, "A is killed. 1 signal is on air, with a spare: players should not see it."},
		"without a spare":   {"no spare", Drill{About: "a is killed"}, "No packager could take over now: the players of 1 signal may see it."},
		"without a source":  {"on air", Drill{About: "all are killed", Hold: 3 * time.Second, NoSource: 5 * time.Second}, "All are killed, for 3s. For 5s nothing new is served: the players of 1 signal live on what they hold."},
		"off air":           {"off air", Drill{About: "a is killed"}, "The stream is in trouble already: this makes it worse."},
		"not on air yet":    {"starting", Drill{About: "a is killed"}, "Nothing is on air now."},
		"several of them":   {"several signals", Drill{About: "a is killed"}, "The stream is in trouble already"},
		"nothing about it":  {"on air", Drill{Name: "odd"}, "Odd. 1 signal is"},
		"esc is named, too": {"on air", Drill{Name: "odd"}, "Esc undoes it while it lasts."},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newTestModel(t, c.state, 80, 24, colour)
			if got := harm(&m.scene, c.drill); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}
