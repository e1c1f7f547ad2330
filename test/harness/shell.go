package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Tmux is a terminal of a test's own, 120 by 36 cells.
type Tmux struct {
	// Root is a folder of the terminal's own.
	Root string

	t      *testing.T
	socket string
}

// OpenTmux opens a terminal that runs a line of the shell, with env over this process's
// own environment. The line knows Root as $TERMINAL_ROOT.
func OpenTmux(t *testing.T, env map[string]string, line string) *Tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not here: make test-deps installs it")
	}
	root := Folder(t)
	w := &Tmux{Root: root, t: t, socket: filepath.Join(root, "s")}
	t.Cleanup(w.kill)
	w.run(env, "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", line)
	return w
}

func (w *Tmux) kill() {
	_ = exec.Command("tmux", "-S", w.socket, "kill-server").Run() // it may have ended
}

func (w *Tmux) run(env map[string]string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", w.socket}, args...)...)
	cmd.Env = append(os.Environ(), "TMUX=", "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "ENV=", "TERMINAL_ROOT="+w.Root)
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Tmux runs a command of tmux and returns what it says.
func (w *Tmux) Tmux(args ...string) string {
	w.t.Helper()
	return w.run(nil, args...)
}

// Press types keys, by tmux's names or as text.
func (w *Tmux) Press(keys ...string) {
	w.t.Helper()
	w.Tmux(append([]string{"send-keys"}, keys...)...)
}

// Text is what the terminal shows; the error says that it has ended.
func (w *Tmux) Text() (string, error) {
	out, err := exec.Command("tmux", "-S", w.socket, "capture-pane", "-p").Output()
	return string(out), err
}

// File is the text of a file in Root, empty while it is not there.
func (w *Tmux) File(name string) string {
	b, _ := os.ReadFile(filepath.Join(w.Root, name)) // not there yet
	return strings.TrimSpace(string(b))
}

// Shell is a shell on a terminal of its own, which runs the dashboard.
type Shell struct {
	*Tmux
	// Lights are the words at the start of the header, each time that it was read.
	Lights map[string]bool

	env map[string]string
}

// OpenShell opens a shell for a binary with its settings. No process of the platform's
// may be left when the test ends.
func OpenShell(t *testing.T, env map[string]string, path string) *Shell {
	t.Helper()
	s := &Shell{Tmux: OpenTmux(t, nil, "sh"), Lights: map[string]bool{}, env: env}
	script := "echo $$ >'" + s.Root + "/pid'\n"
	for k, v := range env {
		script += fmt.Sprintf("export %s='%s'\n", k, v)
	}
	script += "exec '" + path + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(s.Root, "run"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		s.WantNothingRunning()
	})
	return s
}

// Start runs the dashboard in the shell.
func (s *Shell) Start(args ...string) {
	s.t.Helper()
	s.Press("stty -a >"+s.Root+"/before; "+s.Command(args...)+"; echo $? >"+s.Root+"/ended", "Enter")
}

// Command is the line of the shell that runs the dashboard.
func (s *Shell) Command(args ...string) string {
	return strings.Join(append([]string{"sh", s.Root + "/run"}, args...), " ")
}

// PID is the dashboard's, 0 before it has started.
func (s *Shell) PID() int {
	pid, _ := strconv.Atoi(s.File("pid")) // 0: not started
	return pid
}

var light = regexp.MustCompile(`^  . ([A-Z]+( [A-Z]+)?)`)

// Screen is what the terminal shows.
func (s *Shell) Screen() string {
	s.t.Helper()
	text := s.Tmux.Tmux("capture-pane", "-p")
	if m := light.FindStringSubmatch(text); m != nil {
		s.Lights[m[1]] = true
	}
	return text
}

// Await looks at the screen until it matches pattern, and returns what the groups do.
func (s *Shell) Await(limit time.Duration, pattern string) []string {
	s.t.Helper()
	re, text := regexp.MustCompile(pattern), ""
	var m []string
	if !Within(limit, func() bool {
		text = s.Screen()
		m = re.FindStringSubmatch(text)
		return m != nil
	}) {
		s.t.Fatalf("not within %s on the screen: %s\n%s", limit, pattern, text)
	}
	return m
}

// AwaitEnd waits until the shell has its terminal back, and holds it against what it
// was before.
func (s *Shell) AwaitEnd(status int) {
	s.t.Helper()
	// The guardian of a supervisor that was killed may be later than its shell.
	if !Within(20*time.Second, func() bool {
		return s.File("ended") != "" && s.Tmux.Tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}") == "0 1 0\n"
	}) {
		s.t.Fatalf("the dashboard has not ended: %q\n%s", s.File("ended"), s.Screen())
	}
	if got := s.File("ended"); got != strconv.Itoa(status) {
		s.t.Errorf("exit status: got %s, want %d\n%s", got, status, s.Screen())
	}
	s.WantNothingRunning()
	s.Press("stty -a >"+s.Root+"/after; echo done", "Enter")
	s.Await(10*time.Second, "(?m)^done$")
	if before, after := s.File("before"), s.File("after"); before == "" || before != after {
		s.t.Errorf("the terminal was\n%s\nand is\n%s", before, after)
	}
}

// WantNothingRunning fails where a process of the platform's is left; a moment is
// given to what a killed supervisor's guardian ends.
func (s *Shell) WantNothingRunning() {
	s.t.Helper()
	var left []int
	if !Within(5*time.Second, func() bool {
		left, _ = With("RUN_PATH=" + s.env["RUN_PATH"]) // none where there is no /proc
		return len(left) == 0
	}) {
		s.t.Errorf("left running: %v", left)
	}
}
