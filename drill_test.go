package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// drilled is what a drill told of one fault.
type drilled struct {
	Drill    string   `json:"drill"`
	Passed   bool     `json:"passed"`
	Skipped  string   `json:"skipped"`
	InFlight int      `json:"in_flight"`
	Evidence []string `json:"evidence"`
}

// drillSettings are the environment of a drill of the test's own: where it keeps
// its platform, and the film that all of them share. The folder's name is short, as
// sockets' paths are bounded.
func drillSettings(t *testing.T) map[string]string {
	t.Helper()
	path, err := film()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "drill-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		wantNobodyOf(t, dir)
		_ = os.RemoveAll(dir) // a temporary folder: no harm if it stays
	})
	return map[string]string{"TMPDIR": dir, "CACHE_PATH": filepath.Join(filepath.Dir(path), "cache"), "STATE_PATH": filepath.Join(dir, "state")}
}

// wantNobodyOf fails where a process is left of the platform in a folder.
func wantNobodyOf(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return // nothing to see here
	}
	for _, e := range entries {
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err == nil && bytes.Contains(environ, []byte("RUN_PATH="+dir)) {
			t.Errorf("left running: %s", e.Name())
		}
	}
}

// drill runs a drill to its end.
func runDrill(t *testing.T, limit time.Duration, args ...string) (status int, list []drilled, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	made := command(t, drillSettings(t), append([]string{"drill", "--json"}, args...)...)
	cmd := exec.CommandContext(ctx, made.Path, made.Args[1:]...)
	cmd.Env = made.Env
	// It is to stop its platform; what cannot do that is killed, and so is the platform.
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(syscall.SIGTERM) }, 20*time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Errorf("not over within %s", limit)
	}
	for line := range bytes.Lines(out) {
		var d drilled
		if err := json.Unmarshal(line, &d); err != nil {
			t.Errorf("a line that is no JSON: %s", line)
		}
		if d.Drill != "" {
			list = append(list, d)
		}
	}
	return cmd.ProcessState.ExitCode(), list, said.String()
}

func names(list []drilled) []string {
	all := make([]string, len(list))
	for i, d := range list {
		all[i] = d.Drill
	}
	return all
}

func TestDrillPassesOnOurPlatform(t *testing.T) {
	faults, times := []string{"kill-active-in-mid-body", "pause-active", "stale-active", "truncate-active", "kill-both-for-3s", "kill-proxy"}, 1
	if soaking() {
		faults, times = nil, 10
		stop := loadEveryCore(t)
		defer stop()
	}
	for i := range times {
		args := faults
		if faults == nil && i == 0 {
			args = []string{"--all"} // once: the rest is ten times the ordinary drill
		}
		status, list, stderr := runDrill(t, 8*time.Minute, args...)
		for _, d := range list {
			t.Logf("%-26s in flight %d %s", d.Drill, d.InFlight, d.Skipped)
			if !d.Passed && d.Skipped == "" {
				t.Errorf("%s:\n  %s", d.Drill, strings.Join(d.Evidence, "\n  "))
			}
		}
		if status != 0 {
			t.Errorf("exit status: got %d, want 0; standard error: %s", status, stderr)
		}
		if faults != nil && !slices.Equal(names(list), faults) {
			t.Errorf("drills: got %q, want %q", names(list), faults)
		}
	}
}

// loadEveryCore keeps all cores busy until stop is called.
func loadEveryCore(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all []*exec.Cmd
	count, err := exec.Command("getconf", "_NPROCESSORS_ONLN").Output()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(count)))
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		cmd := exec.CommandContext(ctx, "sha256sum", "/dev/zero")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	return func() {
		cancel()
		for _, cmd := range all {
			_ = cmd.Wait() // it was killed
		}
	}
}

// A drill that passes where everybody else's proxy stands is a broken drill.
func TestDrillFailsOnAPlainReverseProxy(t *testing.T) {
	double := filepath.Join(t.TempDir(), "plainproxy")
	if out, err := exec.Command("go", "build", "-o", double, "./procs/drill/testdata/plainproxy").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, c := range []struct {
		mode string
		// short are made in any test; none of them may pass.
		short []string
		// passes are those that need not fail: nobody talks to what they hit, or it is
		// a matter of luck whether a request comes in the moment of a good restart.
		passes []string
	}{
		{"failover", []string{"kill-active", "pause-active", "stale-active", "slow-active", "truncate-active", "html-active"},
			[]string{"kill-standby", "restart-active", "kill-discovery", "kill-reporter", "kill-origin", "kill-worker", "kill-ffmpeg"}},
		{"roundrobin", []string{"kill-active", "kill-standby", "error-active", "empty-active", "not-found-active", "hang-active"},
			[]string{"restart-active", "kill-discovery", "kill-reporter", "kill-origin", "kill-worker", "kill-ffmpeg"}},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			faults := c.short
			if soaking() {
				faults = nil
			}
			status, list, stderr := runDrill(t, 10*time.Minute, append([]string{"--proxy-command", double + " " + c.mode}, faults...)...)
			if status != 1 {
				t.Errorf("exit status: got %d, want 1; standard error: %s", status, stderr)
			}
			if faults != nil && !slices.Equal(names(list), faults) {
				t.Errorf("drills: got %q, want %q", names(list), faults)
			}
			for _, d := range list {
				t.Logf("%-26s passed %-5t %.200s", d.Drill, d.Passed, strings.Join(d.Evidence, "; "))
				if d.Passed && !slices.Contains(c.passes, d.Drill) {
					t.Errorf("%s passed: the drill does not see what players suffer", d.Drill)
				}
			}
		})
	}
}

// TestSoak is half a minute of random faults; SOAK=1 makes it ten minutes of them.
func TestSoak(t *testing.T) {
	length, players, least := 30*time.Second, 24, 5
	if soaking() {
		length, players, least = 10*time.Minute, 50, 100
	}
	status, list, stderr := runDrill(t, length+2*time.Minute, "soak", "--for", length.String(), "--players", strconv.Itoa(players), "--seed", "1")
	made := 0
	for _, d := range list {
		t.Logf("%-26s in flight %d %s", d.Drill, d.InFlight, d.Skipped)
		switch {
		case d.Skipped != "":
		case !d.Passed:
			t.Errorf("%s:\n  %s", d.Drill, strings.Join(d.Evidence, "\n  "))
		default:
			made++
		}
	}
	if status != 0 {
		t.Errorf("exit status: got %d, want 0; standard error: %s", status, stderr)
	}
	if made--; made < least { // one of the rows is of the whole
		t.Errorf("%d faults were made, want %d or more", made, least)
	}
}

func TestDrillSaysWhatIsWrongWithItself(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{"an unknown name", []string{"kill-actve"}, statusUsage, []string{"kill-actve", "kill-active-in-mid-body"}},
		{"no players", []string{"--players", "0"}, statusUsage, []string{"--players 0"}},
		{"a soak of no length", []string{"soak", "--for", "0s"}, statusUsage, []string{"--for 0s"}},
		{"an open quote", []string{"--proxy-command", "a 'b"}, statusUsage, []string{"--proxy-command", "open"}},
		{"a proxy that is not there", []string{"--proxy-command", "/nonexistent/proxy"}, statusFailed, []string{"/nonexistent/proxy"}},
		{"a proxy that ends", []string{"--proxy-command", "ls /nonexistent/{port}"}, statusFailed, []string{"exit status 2", "/nonexistent/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, list, stderr := runDrill(t, time.Minute, c.args...)
			if status != c.status || len(list) > 0 {
				t.Errorf("got status %d and %d results, want %d and none", status, len(list), c.status)
			}
			for _, word := range c.says {
				if !strings.Contains(stderr, word) {
					t.Errorf("standard error lacks %q:\n%s", word, stderr)
				}
			}
		})
	}
}

func TestDrillInterruptedTellsWhatItDid(t *testing.T) {
	junit := filepath.Join(t.TempDir(), "junit.xml")
	cmd := command(t, drillSettings(t), "drill", "--junit", junit, "kill-standby", "pause-active")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }) // the test has failed then
	defer dead.Stop()
	var text strings.Builder
	b := make([]byte, 4096)
	for told := false; ; {
		n, err := out.Read(b)
		text.Write(b[:n])
		if !told && strings.Contains(text.String(), "kill-standby") && strings.Contains(text.String(), "PASS") {
			told = true
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil {
			break
		}
	}
	_ = cmd.Wait() // its status is looked at
	if got := cmd.ProcessState.ExitCode(); got != statusInterrupted {
		t.Errorf("exit status: got %d, want %d; output:\n%s", got, statusInterrupted, &text)
	}
	if want := "1 of 1 passed"; !strings.Contains(text.String(), want) || !strings.Contains(text.String(), "1 not made") {
		t.Errorf("output lacks %q or how many were not made:\n%s", want, &text)
	}
	var suite struct {
		Tests int `xml:"tests,attr"`
	}
	if b, err := os.ReadFile(junit); err != nil || xml.Unmarshal(b, &suite) != nil || suite.Tests != 1 {
		t.Errorf("junit: got %s, %v, want one test", b, err)
	}
}
