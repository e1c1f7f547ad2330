package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// These tests look at the dashboard as people do: the real platform on a terminal.

func TestKillOfTheActivePackagerIsSeenAndNoticedByNobody(t *testing.T) {
	harness.Parallel(t)
	path := harness.Binary(t)
	s := harness.OpenShell(t, harness.Settings(t), path)
	s.Start()
	s.Await(60*time.Second, `ON AIR.* via server`)
	active := s.Await(10*time.Second, `via (server[12]) (?s:.*)● sby`)[1]
	clear(s.Lights)
	number, other := active[len("server"):], map[string]string{"1": "2", "2": "1"}[active[len("server"):]]
	s.Await(5*time.Second, `▸`+active) // the cursor starts there
	s.Press("K")
	s.Await(20*time.Second, `via server`+other)
	s.Await(20*time.Second, active+` .*● ready +00:\d\d +1 `)
	s.Await(20*time.Second, `\d\d:\d\d:\d\d ⇄ `+number+`→`+other+` +live01 .* (wait 0|\d[\d.]*m?s)`)
	if screen := s.Screen(); !strings.Contains(screen, "via server"+other) || !regexp.MustCompile(`server`+other+` ● ACTIVE`).MatchString(screen) {
		t.Errorf("after the failover the screen does not say that server%s is active:\n%s", other, screen)
	}

	s.Press("e")
	s.Await(5*time.Second, `(?s)LAST EXITS.*signal: killed.*OUTPUT_STREAM_PATH=`)
	s.Press("Escape")
	s.Await(5*time.Second, `EVENTS`)
	if len(s.Lights) != 1 || !s.Lights["ON AIR"] {
		t.Errorf("the light was %v, want ON AIR all the time", s.Lights)
	}

	s.Press("q")
	s.Await(5*time.Second, `stop everything and quit\?`)
	s.Press("Enter") // which means no
	s.Await(5*time.Second, `ON AIR(?s:.*)EVENTS`)
	s.Press("q", "y")
	s.Await(20*time.Second, `(?m)viewer +stopped after (?s:.*)server1 +stopped after (?s:.*)logs: `)
	s.AwaitEnd(0)
}

func TestTheTerminalIsAsBeforeHoweverTheDashboardEnds(t *testing.T) {
	harness.Parallel(t)
	path := harness.Binary(t)
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
		"KILL":                         {path, "", syscall.SIGKILL, 137, `livestream-tui was killed. Its processes were ended.\n *logs: `},
		"a panic in a goroutine of it": {itself, "", syscall.SIGUSR1, 2, `livestream-tui has crashed, see .*crash\.log`},
	} {
		t.Run(name, func(t *testing.T) {
			env := harness.Settings(t)
			if c.path == itself {
				env[asItself] = "1"
			}
			s := harness.OpenShell(t, env, c.path)
			s.Start()
			s.Await(30*time.Second, `worker +\d+ (?s:.*)server1 +\d+ (?s:.*)reporter +\d+ ● ready`)
			if c.key != "" {
				s.Press(c.key)
			} else if err := syscall.Kill(s.PID(), c.signal); err != nil {
				t.Fatal(err)
			}
			s.Await(20*time.Second, c.says)
			s.AwaitEnd(c.status)
			if c.signal == syscall.SIGUSR1 {
				if b, err := os.ReadFile(filepath.Join(env["STATE_PATH"], "logs", "crash.log")); !bytes.Contains(b, []byte("panic: a goroutine of ours")) {
					t.Errorf("crash.log: %v, got %.200s", err, b)
				}
			}
		})
	}
	t.Run("closing the terminal", func(t *testing.T) {
		s := harness.OpenShell(t, harness.Settings(t), path)
		s.Start()
		s.Await(30*time.Second, `worker +\d+ (?s:.*)server1 +\d+ `)
		s.Tmux.Tmux("kill-server")
		s.WantNothingRunning()
	})
}

// TestAStoppedDashboardGivesTheTerminalBack sends TSTP, because a program that reads
// every key never gets ctrl+z from the terminal.
func TestAStoppedDashboardGivesTheTerminalBack(t *testing.T) {
	harness.Parallel(t)
	path := harness.Binary(t)
	env := harness.Settings(t)
	s := harness.OpenShell(t, env, path)
	s.Press("set -m", "Enter")
	s.Press("stty -a >"+s.Root+"/before; "+s.Command(), "Enter") // as a job of its own, which stops alone
	s.Await(60*time.Second, `ON AIR.* via server`)
	children := s.Await(5*time.Second, `worker +(\d+) (?s:.*)proxy +(\d+) `)[1:]
	for range 2 {
		if err := syscall.Kill(s.PID(), syscall.SIGTSTP); err != nil {
			t.Fatal(err)
		}
		s.Await(10*time.Second, `(?i)stopped`) // by the shell
		if got := s.Tmux.Tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}"); got != "0 1\n" {
			t.Errorf("alternate screen and cursor: got %q, want 0 1", got)
		}
		s.Press("clear; stty -a >"+s.Root+"/stopped; echo the shell reads", "Enter")
		s.Await(10*time.Second, `(?m)^the shell reads$`)
		_, before, _ := strings.Cut(s.File("before"), "\n") // without its size
		if _, stopped, _ := strings.Cut(s.File("stopped"), "\n"); before == "" || before != stopped {
			t.Errorf("the terminal was\n%s\nand is\n%s", before, stopped)
		}
		list := "http://localhost:" + env["PROXY_PORT"] + "/live01/playlist.m3u8"
		_, first, err := harness.Get(list)
		if err != nil {
			t.Fatal(err)
		}
		harness.Await(t, 15*time.Second, "the stream goes on while the dashboard is stopped", func() error {
			if _, next, err := harness.Get(list); err != nil || bytes.Equal(first, next) {
				return fmt.Errorf("the playlist is as before: %w", err)
			}
			return nil
		})
		s.Tmux.Tmux("resize-window", "-x", "100", "-y", "28")
		s.Press("fg", "Enter")
		s.Await(10*time.Second, `ON AIR.* via server(?s:.*)EVENTS`)
		if lines := strings.Split(strings.TrimSuffix(s.Tmux.Tmux("capture-pane", "-p"), "\n"), "\n"); len(lines) != 28 || !strings.Contains(lines[27], "quit") {
			t.Errorf("drawn in %d lines, the last is %q, want 28 and the keys", len(lines), lines[len(lines)-1])
		}
		if again := s.Await(5*time.Second, `worker +(\d+) (?s:.*)proxy +(\d+) `)[1:]; again[0] != children[0] || again[1] != children[1] {
			t.Errorf("worker and proxy: got pids %v, want %v as before", again, children)
		}
	}
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil { // which leaves no time to give the terminal back
		t.Fatal(err)
	}
	s.Await(10*time.Second, `(?i)stopped`)
	s.Press("fg", "C-j") // the terminal is still raw
	s.Await(10*time.Second, `ON AIR.* via server(?s:.*)EVENTS`)
	s.Press("q", "y")
	s.Await(20*time.Second, `stopped after (?s:.*)logs: `)
	if got := s.Tmux.Tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}"); got != "0 1\n" {
		t.Errorf("at the end: got %q, want 0 1", got)
	}
}

func TestWhatTheTerminalCannotShow(t *testing.T) {
	harness.Parallel(t)
	path := harness.Binary(t)
	t.Run("one that cannot move its cursor is refused", func(t *testing.T) {
		env := harness.Settings(t)
		env["TERM"] = "dumb"
		s := harness.OpenShell(t, env, path)
		s.Start()
		s.Await(10*time.Second, `TERM="dumb": this terminal cannot move its cursor(?s:.*)--headless`)
		s.AwaitEnd(2)
	})
	t.Run("without letters beyond ASCII there are none", func(t *testing.T) {
		env := harness.Settings(t)
		env["LC_ALL"] = "C"
		s := harness.OpenShell(t, env, path)
		s.Start()
		s.Await(30*time.Second, `SERVICES(?s:.*)worker +\d+ `)
		if i := strings.IndexFunc(s.Screen(), func(r rune) bool { return r > '~' }); i >= 0 {
			t.Errorf("%q stands on the screen:\n%s", s.Screen()[i:i+4], s.Screen())
		}
		s.Press("C-c")
		s.AwaitEnd(0)
	})
	t.Run("unless it is asked for", func(t *testing.T) {
		env := harness.Settings(t)
		env["LC_ALL"] = "POSIX"
		s := harness.OpenShell(t, env, path)
		s.Start("--ascii=false")
		s.Await(30*time.Second, `━ SERVICES`)
		s.Press("C-c")
		s.AwaitEnd(0)
	})
}
