package tui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
	"livestream-tui/tui/terminal"
)

// panicking is the variable that makes this test binary a dashboard with a fault: j panics
// in Update, o in View, c and enter in a command.
const panicking = "LIVESTREAM_TUI_TEST_PANICKING"

// faulty panics when it is moved, and when it is drawn after a key.
type faulty struct {
	panel.Panel
	draws *bool
}

func (f faulty) Move(*scene.Scene, panel.Motion, int) { panic("in Update") }

func (f faulty) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if *f.draws {
		panic("in View")
	}
	return f.Panel.Lines(s, w, h)
}

func TestDashboardWithAFault(t *testing.T) {
	if os.Getenv(panicking) == "" {
		t.Skip("TestPanicGivesTheTerminalBack runs it")
	}
	f := &fakePlatform{snapshot: onAir()}
	drills := []Drill{{Name: "x", Run: func(context.Context, platform.Platform) (string, error) { panic("in a command") }}}
	m := newModel(t.Context(), f, testLayout(), Options{Stop: func() {}, Drills: drills}, look{lipgloss.NewRenderer(os.Stdout), false}, terminal.NewOutside(os.Stdout))
	draws := false
	m.panels["services"] = faulty{m.panels["services"], &draws}
	m.outside.Write = func(string, string, string) (string, error) { draws = true; return "", nil }
	err := show(t.Context(), m)
	if err == nil {
		t.Fatal("got no error of a program that panicked")
	}
	fmt.Fprintln(os.Stderr, err)
}

func TestPanicGivesTheTerminalBack(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not here: make test-deps installs it")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for where, keys := range map[string][]string{"in Update": {"j"}, "in View": {"o"}, "in a command": {"c", "Enter", "y"}} {
		t.Run(where, func(t *testing.T) {
			root := t.TempDir()
			tmux := func(args ...string) string {
				t.Helper()
				cmd := exec.Command("tmux", append([]string{"-S", filepath.Join(root, "s")}, args...)...)
				cmd.Env = append(os.Environ(), "TMUX=", "TERM=xterm-256color", "LC_ALL=C.UTF-8", panicking+"=1")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("tmux %v: %v\n%s", args, err, out)
				}
				return string(out)
			}
			await := func(what string, holds func() bool) {
				t.Helper()
				for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) { // polls
					if time.Now().After(end) {
						t.Fatalf("%s has not come:\n%s", what, tmux("capture-pane", "-p"))
					}
				}
			}
			stty := func(name string) string {
				b, _ := os.ReadFile(filepath.Join(root, name)) // an error means that it is not there yet
				return string(b)
			}
			t.Cleanup(func() { tmux("kill-server") })
			tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", fmt.Sprintf(
				"cd '%s'; stty -a >before; '%s' -test.run '^TestDashboardWithAFault$' -test.v ; stty -a >after; exec cat", root, self))
			await("the dashboard", func() bool { return strings.Contains(tmux("capture-pane", "-p"), "SIGNALS") })
			tmux(append([]string{"send-keys"}, keys...)...)
			await("its end", func() bool { return stty("after") != "" })
			if stty("before") != stty("after") {
				t.Errorf("the terminal was\n%s\nand is\n%s", stty("before"), stty("after"))
			}
			if got, want := tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}"), "0 1\n"; got != want {
				t.Errorf("alternate screen and cursor: got %q, want %q", got, want)
			}
			if screen := tmux("capture-pane", "-p", "-S", "-200"); !strings.Contains(screen, where) {
				t.Errorf("the panic is not on the screen:\n%s", screen)
			}
		})
	}
}
