package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/test/harness"
)

func TestCtlTellsAndCommandsWhatRuns(t *testing.T) {
	harness.Parallel(t)
	env, layout := harness.SmallSettings(t)
	type row struct {
		args   string
		status int
		says   []string // on standard output when the status is 0, else on standard error
	}
	check := func(t *testing.T, rows []row) {
		t.Helper()
		for _, c := range rows {
			status, out, errs := harness.Outcome(t, env, strings.Fields(c.args)...)
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
	none := []string{"no platform is running here", env["RUN_PATH"], "--headless"}
	check(t, []row{
		{"ctl status", 1, none}, {"ctl status --json", 1, none}, {"ctl kill origin", 1, none},
		{"ctl", 2, []string{"status", "failover"}}, {"ctl restrt", 2, []string{`"restrt"`}},
		{"ctl restart origin reporter", 2, nil}, {"ctl failover live01 live02", 2, nil}, {"ctl kill --nosuch", 2, nil},
		{"ctl restart origin --timeout 0s", 2, []string{"more than 0s"}},
		{"attach", 2, []string{"terminal", "ctl status"}}, {"attach origin", 2, nil},
		{"__complete ctl kill o", 0, []string{":4"}},
	})

	p := harness.Launch(t, env, "--layout", layout)
	p.AwaitSmallReady()
	before, err := harness.CtlStatus(t, env)
	if err != nil {
		t.Fatal(err)
	}
	if before.PID != p.PID() {
		t.Errorf("pid: got %d, want %d", before.PID, p.PID())
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
		{"ctl hold origin", 2, []string{"no process to hold"}},
		{"ctl failover", 1, []string{"the origin"}},
		{"ctl release", 0, []string{"nothing is held"}},
		{"__complete ctl kill o", 0, []string{"origin\tready", ":4"}},
		{"__complete ctl kill origin o", 0, []string{":4"}},
		{"--headless --layout " + layout, 1, []string{fmt.Sprintf("pid %d,", p.PID()), "livestream-tui attach", "livestream-tui ctl"}},
	})
	if _, err := os.Stat(platform.SocketPath(env["RUN_PATH"])); err != nil {
		t.Errorf("after a second instance was refused: %v", err)
	}

	p.Signal(syscall.SIGKILL)
	p.AwaitExit(30 * time.Second)
	check(t, []row{{"ctl status", 1, none}, {"ctl kill origin", 1, none}})
	harness.Launch(t, env, "--layout", layout).AwaitSmallReady() // despite the socket that was left behind
}

// terminal is livestream-tui on a terminal of its own, without a shell.
type terminal struct {
	*harness.Tmux
	t *testing.T
}

func openTerminal(t *testing.T, env map[string]string, args string) terminal {
	t.Helper()
	line := fmt.Sprintf(`'%s' %s 2>"$TERMINAL_ROOT/errors"; echo status $? >"$TERMINAL_ROOT/ended"`, harness.Binary(t), args)
	return terminal{harness.OpenTmux(t, env, line), t}
}

// awaitShown waits until the screen holds all of the words.
func (w terminal) awaitShown(p *harness.Platform, words ...string) {
	w.t.Helper()
	p.Await(20*time.Second, fmt.Sprintf("a screen with %q", words), func() error {
		text, err := w.Text()
		if err != nil {
			return fmt.Errorf("no screen: %w: %s", err, w.File("errors"))
		}
		for _, word := range words {
			if !strings.Contains(text, word) {
				return fmt.Errorf("it lacks %q:\n%s", word, text)
			}
		}
		return nil
	})
}

// awaitEnded waits for the exit status and for what was said on standard error.
func (w terminal) awaitEnded(status int, says string) {
	w.t.Helper()
	harness.Within(20*time.Second, func() bool { return w.File("ended") != "" })
	want := fmt.Sprint("status ", status)
	if got, said := w.File("ended"), w.File("errors"); got != want || !strings.Contains(said, says) {
		w.t.Errorf("got %q and %q, want %q and %q", got, said, want, says)
	}
}

func TestDashboardsAttachAndDetachAsTheyLike(t *testing.T) {
	harness.Parallel(t)
	env, layout := harness.SmallSettings(t)
	openTerminal(t, env, "attach").awaitEnded(1, "no platform is running here")

	p := harness.Launch(t, env, "--layout", layout)
	p.AwaitSmallReady()
	one, two := openTerminal(t, env, "attach"), openTerminal(t, env, "attach")
	for _, w := range []terminal{one, two} {
		w.awaitShown(p, "reporter", "origin", "ready")
	}
	one.Press("q")
	one.awaitEnded(0, "detached")
	if s, err := harness.CtlStatus(t, env); err != nil || s.Stopping {
		t.Errorf("after q: stopping %t, %v, want a platform that runs on", s.Stopping, err)
	}
	if status, _, errs := harness.Outcome(t, env, "ctl", "stop", "origin"); status != 0 {
		t.Fatalf("ctl stop origin: %d, %s", status, errs)
	}
	two.awaitShown(p, "origin", "exited") // the other dashboard runs on
	p.Signal(syscall.SIGKILL)
	two.awaitEnded(1, "has disappeared")

	again := harness.Launch(t, env, "--layout", layout)
	again.AwaitSmallReady()
	three := openTerminal(t, env, "attach")
	three.awaitShown(again, "reporter", "ready")
	again.Signal(syscall.SIGTERM)
	three.awaitEnded(0, "the platform has ended")
}
