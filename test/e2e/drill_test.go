package e2e

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

	"livestream-tui/test/harness"
)

// drilled is what a drill reports on one fault.
type drilled struct {
	Drill    string   `json:"drill"`
	Passed   bool     `json:"passed"`
	Skipped  string   `json:"skipped"`
	InFlight int      `json:"in_flight"`
	Evidence []string `json:"evidence"`
}

// drillSettings are the environment of a drill: a folder for its platform, and the
// cache that all tests share.
func drillSettings(t *testing.T) map[string]string {
	t.Helper()
	dir := harness.Folder(t)
	t.Cleanup(func() {
		left, _ := harness.With("RUN_PATH=" + dir) // none where there is no /proc
		for _, pid := range left {
			t.Errorf("left running: %d %s", pid, harness.CommandLine(pid))
		}
	})
	return map[string]string{"TMPDIR": dir, "CACHE_PATH": harness.Cache(t), "STATE_PATH": filepath.Join(dir, "state")}
}

// runDrill runs a drill to its end.
func runDrill(t *testing.T, limit time.Duration, args ...string) (status int, list []drilled, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	made := harness.Command(t, drillSettings(t), append([]string{"drill", "--json"}, args...)...)
	cmd := exec.CommandContext(ctx, made.Path, made.Args[1:]...)
	cmd.Env = made.Env
	// It must stop its platform. If it does not, it is killed, and its platform with it.
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
	harness.Parallel(t)
	faults, times := []string{"kill-active-in-mid-body", "pause-active", "stale-active", "truncate-active", "kill-both-for-3s", "kill-proxy"}, 1
	if harness.Soaking() {
		faults, times = nil, 10
		stop := loadEveryCore(t)
		defer stop()
	}
	for i := range times {
		args := faults
		if faults == nil && i == 0 {
			args = []string{"--all"} // once; the other nine are the ordinary drill
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

// A drill that passes with any other proxy is a broken drill.
func TestDrillFailsOnAPlainReverseProxy(t *testing.T) {
	harness.Parallel(t)
	double, err := harness.Build("plainproxy", "./procs/drill/testdata/plainproxy")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode string
		// short are the faults of every run; none of them may pass.
		short []string
		// passes may pass: no player talks to what they hit, or it is a matter of luck
		// whether a request comes at the moment of a good restart.
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
			if harness.Soaking() {
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
	harness.Parallel(t)
	length, players, least := 30*time.Second, 24, 5
	if harness.Soaking() {
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
	if made--; made < least { // one of the rows sums up the others
		t.Errorf("%d faults were made, want %d or more", made, least)
	}
}

func TestDrillSaysWhatIsWrongWithItself(t *testing.T) {
	harness.Parallel(t)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{"an unknown name", []string{"kill-actve"}, misused, []string{"kill-actve", "kill-active-in-mid-body"}},
		{"no players", []string{"--players", "0"}, misused, []string{"--players 0"}},
		{"a soak of no length", []string{"soak", "--for", "0s"}, misused, []string{"--for 0s"}},
		{"an open quote", []string{"--proxy-command", "a 'b"}, misused, []string{"--proxy-command", "open"}},
		{"a proxy that is not there", []string{"--proxy-command", "/nonexistent/proxy"}, failed, []string{"/nonexistent/proxy"}},
		{"a proxy that ends", []string{"--proxy-command", "ls /nonexistent/{port}"}, failed, []string{"exit status 2", "/nonexistent/"}},
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
	harness.Parallel(t)
	junit := filepath.Join(t.TempDir(), "junit.xml")
	cmd := harness.Command(t, drillSettings(t), "drill", "--junit", junit, "kill-standby", "pause-active")
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
	if got := cmd.ProcessState.ExitCode(); got != interrupted {
		t.Errorf("exit status: got %d, want %d; output:\n%s", got, interrupted, &text)
	}
	if want := "1 of 1 passed"; !strings.Contains(text.String(), want) || !strings.Contains(text.String(), "1 not run") {
		t.Errorf("output lacks %q or how many were not run:\n%s", want, &text)
	}
	var suite struct {
		Tests int `xml:"tests,attr"`
	}
	if b, err := os.ReadFile(junit); err != nil || xml.Unmarshal(b, &suite) != nil || suite.Tests != 1 {
		t.Errorf("junit: got %s, %v, want one test", b, err)
	}
}
