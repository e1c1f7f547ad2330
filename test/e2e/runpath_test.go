package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// madeAgain is how soon the platform restores what was removed.
const madeAgain = 5 * time.Second

// TestWhatThePlatformLivesInIsRemoved removes the platform's folders one by one, as a
// logout or a cleaner does, and kills each process after that: players play on.
func TestWhatThePlatformLivesInIsRemoved(t *testing.T) {
	harness.Parallel(t)
	env := harness.Settings(t)
	p := harness.Launch(t, env)
	p.AwaitOnAir(harness.Every...)
	logs := filepath.Join(env["STATE_PATH"], "logs")
	for _, c := range []struct {
		name, path string
		again      func() error // nil when all of it is there again
	}{
		{"RUN_PATH", env["RUN_PATH"], func() error {
			for _, name := range harness.Every {
				if _, err := os.Stat(p.Status(name).Socket); err != nil {
					return err
				}
			}
			return nil
		}},
		{"the logs of STATE_PATH", logs, func() error {
			for _, name := range harness.Every {
				if _, err := os.Stat(filepath.Join(logs, name+".log")); err != nil {
					return err
				}
			}
			return nil
		}},
		{"OUTPUT_STREAM_PATH", env["OUTPUT_STREAM_PATH"], func() error {
			_, err := os.Stat(filepath.Join(env["OUTPUT_STREAM_PATH"], "live01"))
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			players := p.Gather(t, 3)
			removed := time.Now()
			if err := os.RemoveAll(c.path); err != nil && !errors.Is(err, syscall.ENOTEMPTY) { // made again meanwhile
				t.Fatal(err)
			}
			p.Await(2*madeAgain, "it is there again", c.again)
			p.Await(2*madeAgain, "ctl answers", func() error {
				_, err := harness.CtlStatus(t, env)
				return err
			})
			if took := time.Since(removed); took > madeAgain {
				t.Errorf("it is there again, and ctl answers, %s later: want %s at most", took, madeAgain)
			}
			for _, name := range harness.Every {
				p.Kill(name)
			}
			p.AwaitOnAir(harness.Every...)
			if s, err := harness.CtlStatus(t, env); err != nil || len(s.Processes) != len(harness.Every) {
				t.Errorf("ctl status: got %d processes, %v", len(s.Processes), err)
			}
			p.AwaitMore(4) // longer than what players hold
			harness.WantNoStall(t, players.Leave())
		})
	}
	for _, name := range harness.Every {
		if b, err := os.ReadFile(filepath.Join(logs, name+".log")); err != nil || len(b) == 0 {
			t.Errorf("the log of %s: got %d bytes, %v, want the words of its last incarnation", name, len(b), err)
		}
	}
	// The guardian also knows the groups that were started since.
	p.Signal(syscall.SIGKILL)
	p.AwaitExit(5 * time.Second)
	p.WantNothingLeft(3 * time.Second)
}

// TestNoProcessIsGivenAnothersSecret looks at what each process was started with.
func TestNoProcessIsGivenAnothersSecret(t *testing.T) {
	harness.Parallel(t)
	env := harness.Settings(t)
	env["INGEST_TOKEN"] = "hush-hush"
	p := harness.Launch(t, env)
	p.AwaitOnAir(harness.Every...)
	reads := map[string]bool{"worker": true, "server1": true, "server2": true}
	for _, name := range harness.Every {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.Status(name).PID))
		if errors.Is(err, os.ErrNotExist) {
			t.Skip("there is no /proc here")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(b, []byte("hush-hush")); got != reads[name] {
			t.Errorf("%s: knows the token: got %t, want %t", name, got, reads[name])
		}
		if !bytes.Contains(b, []byte("PATH=")) || !bytes.Contains(b, []byte("PROXY_PORT="+env["PROXY_PORT"])) {
			t.Errorf("%s: lacks what all share", name)
		}
	}
	for _, line := range p.Logged() {
		if strings.Contains(line, "hush-hush") {
			t.Errorf("told: %s", line)
		}
	}
	if _, out, _ := harness.Outcome(t, env, "ctl", "status", "--json"); strings.Contains(out, "hush-hush") || !strings.Contains(out, "INGEST_TOKEN=********") {
		t.Error("ctl status: the token is shown, or not said to be set")
	}
}

// TestASecondPlatformIsToldAllThatItNeeds follows the advice of the refusal word for word.
func TestASecondPlatformIsToldAllThatItNeeds(t *testing.T) {
	harness.Parallel(t)
	env, layout := harness.SmallSettings(t)
	first := harness.Launch(t, env, "--layout", layout)
	first.AwaitSmallReady()
	status, _, errs := harness.Outcome(t, env, "--headless", "--layout", layout)
	if want := fmt.Sprintf("pid %d,", first.PID()); status != 1 || !strings.Contains(errs, want) {
		t.Fatalf("got status %d, %q, want 1 and %s", status, errs, want)
	}
	_, line, found := strings.Cut(errs, "To run this one beside it: ")
	line, _, _ = strings.Cut(line, " livestream-tui")
	if !found {
		t.Fatalf("got %q, want how to run one more", errs)
	}
	beside := map[string]string{}
	for name, value := range env {
		beside[name] = value
	}
	for _, word := range strings.Fields(line) {
		name, value, _ := strings.Cut(word, "=")
		if value == env[name] || value == "" {
			t.Errorf("%s: the first one's is %q", word, env[name])
		}
		beside[name] = value
	}
	for _, name := range []string{"RUN_PATH", "STATE_PATH", "OUTPUT_STREAM_PATH", "REPORTER_PORT", "ORIGIN_PORT"} {
		if beside[name] == env[name] {
			t.Errorf("%s is not told: %s", name, line)
		}
	}
	harness.Launch(t, beside, "--layout", layout).AwaitSmallReady()
	if s, err := harness.CtlStatus(t, env); err != nil || s.PID != first.PID() {
		t.Errorf("the first: got pid %d, %v, want it as it was", s.PID, err)
	}
}
