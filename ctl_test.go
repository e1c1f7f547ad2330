package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/control"
)

// small is a layout that is ready at once.
const small = `about: two services without media
processes:
  - {name: reporter, service: reporter, port: {variable: REPORTER_PORT, default: 2000}}
  - {name: origin, service: origin, port: {variable: ORIGIN_PORT, default: 8001}, depends_on: [reporter]}
screens:
  - {name: main, rows: [{panels: [{panel: services}]}, {panels: [{panel: logs}]}]}
`

// smallSettings are the environment of a small platform, and the file of its layout.
func smallSettings(t *testing.T) (env map[string]string, layout string) {
	t.Helper()
	root, err := os.MkdirTemp("", "lt-") // short: sockets lie in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // a temporary folder: no harm if it stays
	env = map[string]string{}
	for variable, folder := range map[string]string{
		"INPUT_STREAM_PATH": "input", "OUTPUT_STREAM_PATH": "output", "RUN_PATH": "run", "STATE_PATH": "state", "CACHE_PATH": "cache",
	} {
		env[variable] = filepath.Join(root, folder)
	}
	for i, port := range freePorts(t, 2) {
		env[[]string{"REPORTER_PORT", "ORIGIN_PORT"}[i]] = strconv.Itoa(port)
	}
	layout = filepath.Join(root, "small.yaml")
	if err := os.WriteFile(layout, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	return env, layout
}

// outcome runs the binary to its end.
func outcome(t *testing.T, env map[string]string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd := command(t, env, args...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		status = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return status, out.String(), errs.String()
}

// ctlStatus is what a script reads.
func ctlStatus(t *testing.T, env map[string]string) (control.Snapshot, error) {
	t.Helper()
	var s control.Snapshot
	status, out, errs := outcome(t, env, "ctl", "status", "--json")
	if status != 0 {
		return s, fmt.Errorf("exit status %d: %s", status, errs)
	}
	return s, json.Unmarshal([]byte(out), &s)
}

func (p *platform) awaitSmallReady() {
	p.t.Helper()
	p.await(30*time.Second, "both ready", func() error {
		s, err := ctlStatus(p.t, p.env)
		if err != nil {
			return err
		}
		for _, process := range s.Processes {
			if process.State.String() != "ready" {
				return fmt.Errorf("%s is %s", process.Name, process.State)
			}
		}
		return nil
	})
}

func TestCtlTellsAndCommandsWhatRuns(t *testing.T) {
	env, layout := smallSettings(t)
	type row struct {
		args   string
		status int
		says   []string // on standard output where the status is 0
	}
	check := func(t *testing.T, rows []row) {
		t.Helper()
		for _, c := range rows {
			status, out, errs := outcome(t, env, strings.Fields(c.args)...)
			said := errs
			if c.status == 0 {
				said = out
			}
			if status != c.status {
				t.Errorf("%s: got exit status %d, want %d: %s%s", c.args, status, c.status, out, errs)
			}
			for _, want := range c.says {
				if !strings.Contains(said, want) {
					t.Errorf("%s: got %q, want %q in it", c.args, said, want)
				}
			}
		}
	}
	none := []string{"no platform runs here", env["RUN_PATH"], "--headless"}
	check(t, []row{
		{"ctl status", 1, none}, {"ctl status --json", 1, none}, {"ctl kill origin", 1, none},
		{"ctl", 2, []string{"status", "failover"}}, {"ctl restrt", 2, []string{`"restrt"`}},
		{"ctl restart origin reporter", 2, nil}, {"ctl failover origin", 2, nil}, {"ctl kill --nosuch", 2, nil},
		{"ctl restart origin --timeout 0s", 2, []string{"more than 0s"}},
		{"attach", 2, []string{"terminal", "ctl status"}}, {"attach origin", 2, nil},
		{"__complete ctl kill o", 0, []string{":4"}},
	})

	p := launch(t, env, "--layout", layout)
	p.awaitSmallReady()
	before, err := ctlStatus(t, env)
	if err != nil {
		t.Fatal(err)
	}
	if before.PID != p.cmd.Process.Pid {
		t.Errorf("pid: got %d, want %d", before.PID, p.cmd.Process.Pid)
	}
	origin, _ := before.Process("origin")
	check(t, []row{
		{"ctl restart origin", 0, []string{fmt.Sprintf("restarted origin (pid %d): ready as pid ", origin.PID)}},
		{"ctl status origin --json", 0, []string{`"state": "ready"`, `"restarts": 1`, `"on_air"`}}, // it has waited
		{"ctl status", 0, []string{"NAME", "REASON", "\nreporter", "\norigin", env["ORIGIN_PORT"], "UNKNOWN"}},
		{"ctl stop origin", 0, []string{"stopped origin"}},
		{"ctl stop origin", 0, []string{"stopped already"}},
		{"ctl kill origin", 1, []string{"origin is not running"}},
		{"ctl start origin --json", 0, []string{`"action": "start"`, `"message": "started origin: ready as pid `, `"state": "ready"`}},
		{"ctl start origin", 0, []string{"origin runs already"}},
		{"ctl pause origin", 0, []string{"paused origin"}},
		{"ctl status", 0, []string{"paused"}},
		{"ctl resume origin", 0, []string{"resumed origin"}},
		{"ctl kill origin --wait", 0, []string{"killed origin", "ready as pid "}},
		{"ctl restart origin --timeout 1ms", 3, []string{"origin is not ready after 1ms", "log"}},
		{"ctl kill orign", 2, []string{`kill "orign": allowed are reporter, origin`}},
		{"ctl kill", 2, []string{"allowed are reporter, origin"}},
		{"ctl status orign", 2, []string{"allowed are reporter, origin"}},
		{"ctl hold origin", 2, []string{"none to hold"}},
		{"ctl failover", 1, []string{"the origin"}},
		{"ctl release", 0, []string{"nothing is held"}},
		{"__complete ctl kill o", 0, []string{"origin\tready", ":4"}},
		{"__complete ctl kill origin o", 0, []string{":4"}},
		{"--headless --layout " + layout, 1, []string{fmt.Sprintf("pid %d,", p.cmd.Process.Pid), "livestream-tui attach", "livestream-tui ctl"}},
	})
	if _, err := os.Stat(control.SocketPath(env["RUN_PATH"])); err != nil {
		t.Errorf("after a second instance was refused: %v", err)
	}

	p.signal(syscall.SIGKILL)
	p.awaitExit(30 * time.Second)
	check(t, []row{{"ctl status", 1, none}, {"ctl kill origin", 1, none}})
	launch(t, env, "--layout", layout).awaitSmallReady() // in place of the socket that was left
}

// terminal is a program on a terminal of its own, which tmux is.
type terminal struct {
	t      *testing.T
	socket string
	ended  string // the file that takes the exit status
	errors string // and the one that takes standard error
}

func openTerminal(t *testing.T, env map[string]string, args string) terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not here: make test-deps installs it")
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "tt-")
	if err != nil {
		t.Fatal(err)
	}
	w := terminal{t, filepath.Join(root, "s"), filepath.Join(root, "ended"), filepath.Join(root, "errors")}
	line := fmt.Sprintf("'%s' %s 2>'%s'; echo status $? >'%s'", path, args, w.errors, w.ended)
	cmd := exec.Command("tmux", "-S", w.socket, "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", line)
	cmd.Env = append(os.Environ(), "TMUX=", "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", w.socket, "kill-server").Run() // it may have ended
		_ = os.RemoveAll(root)                                        // a temporary folder: no harm if it stays
	})
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	return w
}

func (w terminal) press(key string) {
	w.t.Helper()
	if out, err := exec.Command("tmux", "-S", w.socket, "send-keys", key).CombinedOutput(); err != nil {
		w.t.Fatalf("tmux: %v\n%s", err, out)
	}
}

// awaitShown waits until the screen holds all of the words.
func (w terminal) awaitShown(p *platform, words ...string) {
	w.t.Helper()
	p.await(20*time.Second, fmt.Sprintf("a screen with %q", words), func() error {
		out, err := exec.Command("tmux", "-S", w.socket, "capture-pane", "-p").Output()
		if err != nil {
			said, _ := os.ReadFile(w.errors) // only for the message
			return fmt.Errorf("no screen: %w: %s", err, said)
		}
		for _, word := range words {
			if !strings.Contains(string(out), word) {
				return fmt.Errorf("it lacks %q:\n%s", word, out)
			}
		}
		return nil
	})
}

// awaitEnded waits for the exit status and for what was said on standard error.
func (w terminal) awaitEnded(status int, says string) {
	w.t.Helper()
	want := fmt.Sprintf("status %d\n", status)
	var got, said []byte
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) { // between two looks
		got, _ = os.ReadFile(w.ended) // it comes with the end
		said, _ = os.ReadFile(w.errors)
		if len(got) > 0 {
			break
		}
	}
	if string(got) != want || !strings.Contains(string(said), says) {
		w.t.Errorf("got %q and %q, want %q and %q", got, said, want, says)
	}
}

func TestDashboardsAttachAndDetachAsTheyLike(t *testing.T) {
	env, layout := smallSettings(t)
	openTerminal(t, env, "attach").awaitEnded(1, "no platform runs here")

	p := launch(t, env, "--layout", layout)
	p.awaitSmallReady()
	one, two := openTerminal(t, env, "attach"), openTerminal(t, env, "attach")
	for _, w := range []terminal{one, two} {
		w.awaitShown(p, "reporter", "origin", "ready")
	}
	one.press("q")
	one.awaitEnded(0, "detached")
	if s, err := ctlStatus(t, env); err != nil || s.Stopping {
		t.Errorf("after q: stopping %t, %v, want a platform that runs on", s.Stopping, err)
	}
	if status, _, errs := outcome(t, env, "ctl", "stop", "origin"); status != 0 {
		t.Fatalf("ctl stop origin: %d, %s", status, errs)
	}
	two.awaitShown(p, "origin", "exited") // the other goes on
	p.signal(syscall.SIGKILL)
	two.awaitEnded(1, "without a word")

	again := launch(t, env, "--layout", layout)
	again.awaitSmallReady()
	three := openTerminal(t, env, "attach")
	three.awaitShown(again, "reporter", "ready")
	again.signal(syscall.SIGTERM)
	three.awaitEnded(0, "the platform has ended")
}
