package tui

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
)

// attached is how a test looks at a platform, and what it reads of it: the commands that
// reached it, and who gave them.
type attached struct {
	*model
	platform *fakePlatform
}

// attach makes the dashboard of a test one that is attached to its platform over a socket.
func attach(t *testing.T, m *model, f *fakePlatform) attached {
	t.Helper()
	folder, err := os.MkdirTemp("", "attach") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, hangUp := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		api.Serve(ctx, f, testLayout(), hclog.NewNullLogger(), l)
	}()
	remote, err := api.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		remote.Close()
		hangUp()
		<-ended
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	m.platform, m.options.Stop = remote, nil
	if m.options.ReadOnly {
		m.platform = sealed{remote}
	}
	refresh(t, m)
	return attached{m, f}
}

// refresh takes the platform's snapshot, logs and journal, as the dashboard does ten times a
// second.
func refresh(t *testing.T, m *model) {
	t.Helper()
	s, err := m.platform.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines, err := m.platform.Logs(t.Context(), m.logs.Seq(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	m.take(polled{s.At, s, lines})
	m.takeJournal(m.remember(0)().(remembered))
}

// withDrill looks at a platform on which a drill can be run.
func withDrill(how manner) manner {
	how.options.Drills = []Drill{{Name: "kill-active", About: "SIGKILL to the active packager", Run: func(ctx context.Context, p platform.Platform) (string, error) {
		return "no stall", p.Command(ctx, platform.Command{Process: "server1", Action: platform.Kill, By: platform.Actor{Via: platform.ViaDrill}})
	}}}
	return how
}

// pressed presses a key, says yes to what it asks, and returns what the screen shows then. The
// foot is left out: it says how the dashboard is left.
func pressed(t *testing.T, m *model, k string) string {
	t.Helper()
	typed(m, k)
	if _, asks := m.dialog.(*confirm); asks {
		typed(m, "y")
	}
	if _, chooses := m.dialog.(*chooser); chooses && k == "c" {
		typed(m, "enter", "y")
	}
	m.scene.Stamp++
	lines := strings.Split(ansi.Strip(m.View()), "\n")
	if f, is := m.dialog.(footer); is {
		return strings.Join(append(lines[:len(lines)-1], ansi.Strip(m.painter.Paint(f.foot(m), m.w))), "\n")
	}
	return strings.Join(lines[:len(lines)-1], "\n")
}

// TestEachKeyDoesTheSameOverAttach presses each key in the dashboard of the platform itself and
// in one that is attached to it over a socket.
func TestEachKeyDoesTheSameOverAttach(t *testing.T) {
	for _, b := range keymap() {
		if b.name == "quit" || b.name == "quit-now" {
			continue // they leave; see TestLeavingAnAttachedDashboardDetaches
		}
		t.Run(b.name, func(t *testing.T) {
			state := "on air"
			if b.name == "input" {
				state = "live on air"
			}
			if b.name == "drain" {
				state = "machines well"
			}
			for _, k := range b.Keys() {
				m, own := newTestModel(t, state, 120, 36, withDrill(colour))
				refresh(t, m)
				other, f := newTestModel(t, state, 120, 36, withDrill(colour))
				a := attach(t, other, f)
				want, got := pressed(t, m, k), pressed(t, a.model, k)
				if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
					t.Errorf("%s: the screen (-own +attached):\n%s", k, diff)
				}
				if diff := cmp.Diff(own.asked(), f.asked()); diff != "" {
					t.Errorf("%s: commands (-own +attached):\n%s", k, diff)
				}
				if b.commands && len(f.asked()) == 0 {
					t.Errorf("%s: got no command", k)
				}
				for i, by := range f.actors {
					want := platform.Actor{Via: platform.ViaAttach, Key: k, PID: os.Getpid(), User: by.User}
					if by.Via == platform.ViaDrill {
						want.Via, want.Key = platform.ViaDrill, ""
					}
					if by != want || by.User == "" {
						t.Errorf("%s: command %d is of %+v, want %+v", k, i, by, want)
					}
				}
			}
		})
	}
}

func TestAReadOnlyAttachedDashboardRefusesEachKeyThatCommands(t *testing.T) {
	n := 0
	for _, b := range keymap() {
		if !b.commands {
			continue
		}
		n++
		t.Run(b.name, func(t *testing.T) {
			m, f := newTestModel(t, "on air", 120, 36, readOnly())
			a := attach(t, m, f)
			k := b.Keys()[0]
			if got, want := pressed(t, a.model, k), "read-only: "+b.shown(m.scene.Glyphs)+" ("+b.Help().Desc+") is off here"; !strings.Contains(got, want) {
				t.Errorf("the screen does not say %q:\n%s", want, got)
			}
			if got := f.asked(); len(got) > 0 {
				t.Errorf("commands: got %v, want none", got)
			}
		})
	}
	if n < 9 {
		t.Errorf("%d keys command, want 9 at least", n)
	}
}

func TestLeavingAnAttachedDashboardDetaches(t *testing.T) {
	for _, k := range []string{"q", "ctrl+c"} {
		m, f := newTestModel(t, "on air", 120, 36, colour)
		a := attach(t, m, f)
		var cmd tea.Cmd
		for _, c := range press(a.model, k) {
			cmd = c
		}
		if cmd == nil {
			t.Fatalf("%s did nothing", k)
		}
		if _, left := cmd().(tea.QuitMsg); !left || m.dialog != nil || len(f.asked()) > 0 {
			t.Errorf("%s: got dialog %T and commands %v, want the dashboard left at once, and nothing else", k, m.dialog, f.asked())
		}
	}
}
