package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// These tests look at the dashboard as people do: the real platform on a terminal.

// asItself is the variable with which the test binary is livestream-tui itself, and
// panics in a goroutine when it gets USR1: the product has no switch for that.
const asItself = "LIVESTREAM_TUI_TEST_AS_ITSELF"

func beItself() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		<-signals
		panic("a goroutine of ours")
	}()
	os.Exit(run(os.Args[1:]))
}

// shell is a shell on a terminal of its own, in which the dashboard is started.
type shell struct {
	t            *testing.T
	socket, root string
	env          map[string]string
	lights       map[string]bool // what the header began with, each time it was looked at
}

func openShell(t *testing.T, env map[string]string, path string) *shell {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not here: make test-deps installs it")
	}
	root, err := os.MkdirTemp("", "ts-")
	if err != nil {
		t.Fatal(err)
	}
	s := &shell{t: t, socket: filepath.Join(root, "s"), root: root, env: env, lights: map[string]bool{}}
	script := "echo $$ >'" + root + "/pid'\n"
	for k, v := range env {
		script += fmt.Sprintf("export %s='%s'\n", k, v)
	}
	script += "exec '" + path + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(root, "run"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() // it may have ended
		s.wantNothingRunning()
		_ = os.RemoveAll(root) // a temporary folder: no harm if it stays
	})
	s.tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", "sh")
	return s
}

func (s *shell) tmux(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...)
	cmd.Env = append(os.Environ(), "TMUX=", "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "ENV=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *shell) press(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// start runs the dashboard in the shell.
func (s *shell) start(args ...string) {
	s.t.Helper()
	s.press("stty -a >"+s.root+"/before; sh "+s.root+"/run "+strings.Join(args, " ")+"; echo $? >"+s.root+"/ended", "Enter")
}

func (s *shell) file(name string) string {
	b, _ := os.ReadFile(filepath.Join(s.root, name)) // not there yet
	return strings.TrimSpace(string(b))
}

func (s *shell) pid() int {
	pid, _ := strconv.Atoi(s.file("pid")) // 0: not started
	return pid
}

var light = regexp.MustCompile(`^  . ([A-Z]+( [A-Z]+)?)`)

// screen is what the terminal shows.
func (s *shell) screen() string {
	s.t.Helper()
	text := s.tmux("capture-pane", "-p")
	if m := light.FindStringSubmatch(text); m != nil {
		s.lights[m[1]] = true
	}
	return text
}

// await looks at the screen until it matches pattern, and returns what the groups do.
func (s *shell) await(limit time.Duration, pattern string) []string {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) { // between two looks
		text := s.screen()
		if m := re.FindStringSubmatch(text); m != nil {
			return m
		}
		if time.Now().After(end) {
			s.t.Fatalf("not within %s on the screen: %s\n%s", limit, pattern, text)
		}
	}
}

// awaitEnd waits until the shell has its terminal back, and holds it against what it
// was before.
func (s *shell) awaitEnd(status int) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { // between two looks
		// The guardian of one that was killed may be later than its shell.
		if s.file("ended") != "" && s.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}") == "0 1 0\n" {
			break
		}
		if time.Now().After(end) {
			s.t.Fatalf("the dashboard has not ended: %q\n%s", s.file("ended"), s.screen())
		}
	}
	if got := s.file("ended"); got != strconv.Itoa(status) {
		s.t.Errorf("exit status: got %s, want %d\n%s", got, status, s.screen())
	}
	s.wantNothingRunning()
	s.press("stty -a >"+s.root+"/after; echo done", "Enter")
	s.await(10*time.Second, "(?m)^done$")
	if before, after := s.file("before"), s.file("after"); before == "" || before != after {
		s.t.Errorf("the terminal was\n%s\nand is\n%s", before, after)
	}
}

// wantNothingRunning fails where a process of the platform's is left; a moment is
// given to what a killed supervisor's guardian ends.
func (s *shell) wantNothingRunning() {
	s.t.Helper()
	mark := []byte("RUN_PATH=" + s.env["RUN_PATH"])
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) { // between two looks
		environs, _ := filepath.Glob("/proc/[0-9]*/environ") // none where there is no /proc
		var left []string
		for _, path := range environs {
			if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, mark) {
				left = append(left, path)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			s.t.Errorf("left running: %v", left)
			return
		}
	}
}

func TestKillOfTheActivePackagerIsSeenAndNoticedByNobody(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := openShell(t, settings(t), path)
	s.start()
	s.await(60*time.Second, `ON AIR.* via server`)
	active := s.await(10*time.Second, `via (server[12]) .*\n(?s:.*)2 of 2 usable`)[1]
	clear(s.lights)
	number, other := active[len("server"):], map[string]string{"1": "2", "2": "1"}[active[len("server"):]]
	s.press("j")
	if number == "2" {
		s.press("j")
	}
	s.await(5*time.Second, `▸`+active)
	s.press("K")
	s.await(20*time.Second, `via server`+other)
	s.await(20*time.Second, active+` .*● ready +00:\d\d +1 `)
	s.await(20*time.Second, `\d\d:\d\d:\d\d `+number+`→`+other+` .* (none|\d[\d.]*m?s) . ?msn`)
	if screen := s.screen(); !strings.Contains(screen, "via server"+other) || !regexp.MustCompile(`server`+other+` +ACTIVE`).MatchString(screen) {
		t.Errorf("after the failover the screen does not say that server%s is active:\n%s", other, screen)
	}

	s.press("e")
	s.await(5*time.Second, `(?s)LAST EXITS.*signal: killed.*OUTPUT_STREAM_PATH=`)
	s.press("Escape")
	s.await(5*time.Second, `FAILOVERS`)
	if len(s.lights) != 1 || !s.lights["ON AIR"] {
		t.Errorf("the light was %v, want ON AIR all the time", s.lights)
	}

	s.press("q")
	s.await(5*time.Second, `stop everything and quit\?`)
	s.press("Enter") // the answer is no unless it is yes
	s.await(5*time.Second, `ON AIR(?s:.*)FAILOVERS`)
	s.press("q", "y")
	s.await(20*time.Second, `(?m)viewer +stopped after (?s:.*)server1 +stopped after (?s:.*)logs: `)
	s.awaitEnd(0)
}

func TestTheTerminalIsAsBeforeHoweverTheDashboardEnds(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path   string
		key    string
		signal syscall.Signal
		status int
		says   string // on the terminal afterwards
	}{
		"ctrl+c":                       {path, "C-c", 0, 0, `stopped after(?s:.*)logs: `},
		"INT":                          {path, "", syscall.SIGINT, 130, `logs: `},
		"TERM":                         {path, "", syscall.SIGTERM, 0, `logs: `},
		"HUP":                          {path, "", syscall.SIGHUP, 0, `logs: `},
		"KILL":                         {path, "", syscall.SIGKILL, 137, `livestream-tui was killed. What it ran was ended.\n *logs: `},
		"a panic in a goroutine of it": {itself, "", syscall.SIGUSR1, 2, `livestream-tui has crashed, see .*crash\.log`},
	} {
		t.Run(name, func(t *testing.T) {
			env := settings(t)
			if c.path == itself {
				env[asItself] = "1"
			}
			s := openShell(t, env, c.path)
			s.start()
			s.await(30*time.Second, `worker +\d+ (?s:.*)server1 +\d+ (?s:.*)reporter +\d+ ● ready`)
			if c.key != "" {
				s.press(c.key)
			} else if err := syscall.Kill(s.pid(), c.signal); err != nil {
				t.Fatal(err)
			}
			s.await(20*time.Second, c.says)
			s.awaitEnd(c.status)
			if c.signal == syscall.SIGUSR1 {
				if b, err := os.ReadFile(filepath.Join(env["STATE_PATH"], "logs", "crash.log")); !bytes.Contains(b, []byte("panic: a goroutine of ours")) {
					t.Errorf("crash.log: %v, got %.200s", err, b)
				}
			}
		})
	}
	t.Run("closing the terminal", func(t *testing.T) {
		s := openShell(t, settings(t), path)
		s.start()
		s.await(30*time.Second, `worker +\d+ (?s:.*)server1 +\d+ `)
		s.tmux("kill-server")
		s.wantNothingRunning()
	})
}

// TestAStoppedDashboardGivesTheTerminalBack: kill -TSTP is ctrl+z for programs that take
// every key.
func TestAStoppedDashboardGivesTheTerminalBack(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	env := settings(t)
	s := openShell(t, env, path)
	s.press("set -m", "Enter")
	s.press("stty -a >"+s.root+"/before; sh "+s.root+"/run", "Enter") // a job of its own, which stops alone
	s.await(60*time.Second, `ON AIR.* via server`)
	children := s.await(5*time.Second, `worker +(\d+) (?s:.*)proxy +(\d+) `)[1:]
	for range 2 {
		if err := syscall.Kill(s.pid(), syscall.SIGTSTP); err != nil {
			t.Fatal(err)
		}
		s.await(10*time.Second, `(?i)stopped`) // by the shell
		if got := s.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}"); got != "0 1\n" {
			t.Errorf("alternate screen and cursor: got %q, want 0 1", got)
		}
		s.press("clear; stty -a >"+s.root+"/stopped; echo the shell reads", "Enter")
		s.await(10*time.Second, `(?m)^the shell reads$`)
		_, before, _ := strings.Cut(s.file("before"), "\n") // without its size
		if _, stopped, _ := strings.Cut(s.file("stopped"), "\n"); before == "" || before != stopped {
			t.Errorf("the terminal was\n%s\nand is\n%s", before, stopped)
		}
		list := "http://localhost:" + env["PROXY_PORT"] + "/live01/playlist.m3u8"
		_, first, err := get(list)
		if err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) { // between two looks
			if _, next, err := get(list); err == nil && !bytes.Equal(first, next) {
				break
			}
			if time.Now().After(end) {
				t.Fatal("while the dashboard is stopped the stream does not go on")
			}
		}
		s.tmux("resize-window", "-x", "100", "-y", "28")
		s.press("fg", "Enter")
		s.await(10*time.Second, `ON AIR.* via server(?s:.*)FAILOVERS`)
		if lines := strings.Split(strings.TrimSuffix(s.tmux("capture-pane", "-p"), "\n"), "\n"); len(lines) != 28 || !strings.Contains(lines[27], "quit") {
			t.Errorf("drawn in %d lines, the last is %q, want 28 and the keys", len(lines), lines[len(lines)-1])
		}
		if again := s.await(5*time.Second, `worker +(\d+) (?s:.*)proxy +(\d+) `)[1:]; again[0] != children[0] || again[1] != children[1] {
			t.Errorf("worker and proxy: got pids %v, want %v as before", again, children)
		}
	}
	if err := syscall.Kill(s.pid(), syscall.SIGSTOP); err != nil { // nobody can give anything back
		t.Fatal(err)
	}
	s.await(10*time.Second, `(?i)stopped`)
	s.press("fg", "C-j") // the terminal is raw still
	s.await(10*time.Second, `ON AIR.* via server(?s:.*)FAILOVERS`)
	s.press("q", "y")
	s.await(20*time.Second, `stopped after (?s:.*)logs: `)
	if got := s.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}"); got != "0 1\n" {
		t.Errorf("at the end: got %q, want 0 1", got)
	}
}

func TestWhatTheTerminalCannotShow(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("one that cannot move its cursor is refused", func(t *testing.T) {
		env := settings(t)
		env["TERM"] = "dumb"
		s := openShell(t, env, path)
		s.start()
		s.await(10*time.Second, `TERM="dumb": this terminal cannot move its cursor(?s:.*)--headless`)
		s.awaitEnd(2)
	})
	t.Run("without letters beyond ASCII there are none", func(t *testing.T) {
		env := settings(t)
		env["LC_ALL"] = "C"
		s := openShell(t, env, path)
		s.start()
		s.await(30*time.Second, `SERVICES(?s:.*)worker +\d+ `)
		if i := strings.IndexFunc(s.screen(), func(r rune) bool { return r > '~' }); i >= 0 {
			t.Errorf("%q stands on the screen:\n%s", s.screen()[i:i+4], s.screen())
		}
		s.press("C-c")
		s.awaitEnd(0)
	})
	t.Run("unless it is asked for", func(t *testing.T) {
		env := settings(t)
		env["LC_ALL"] = "POSIX"
		s := openShell(t, env, path)
		s.start("--ascii=false")
		s.await(30*time.Second, `━ SERVICES`)
		s.press("C-c")
		s.awaitEnd(0)
	})
}
