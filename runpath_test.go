package main

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

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer"
)

// madeAgain is how soon what was removed under a platform is there again.
const madeAgain = 5 * time.Second

// TestWhatThePlatformLivesInIsRemoved removes its folders, one after the other, as a
// logout or a cleaner does, and kills each process after that: players play on.
func TestWhatThePlatformLivesInIsRemoved(t *testing.T) {
	t.Parallel() // it waits more than it works
	env := settings(t)
	p := launch(t, env)
	p.awaitOnAir(everyProcess...)
	logs := filepath.Join(env["STATE_PATH"], "logs")
	for _, c := range []struct {
		name, path string
		again      func() error // nil once all is there again
	}{
		{"RUN_PATH", env["RUN_PATH"], func() error {
			for _, name := range everyProcess {
				if _, err := os.Stat(p.status(name).Socket); err != nil {
					return err
				}
			}
			return nil
		}},
		{"the logs of STATE_PATH", logs, func() error {
			for _, name := range everyProcess {
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
			players := gather(t, p, 3)
			removed := time.Now()
			if err := os.RemoveAll(c.path); err != nil && !errors.Is(err, syscall.ENOTEMPTY) { // made again meanwhile
				t.Fatal(err)
			}
			p.await(2*madeAgain, "it is there again", c.again)
			p.await(2*madeAgain, "ctl answers", func() error {
				_, err := ctlStatus(t, env)
				return err
			})
			if took := time.Since(removed); took > madeAgain {
				t.Errorf("it is there again, and ctl answers, %s later: want %s at most", took, madeAgain)
			}
			for _, name := range everyProcess {
				p.killAndAwait(name)
			}
			p.awaitOnAir(everyProcess...)
			if s, err := ctlStatus(t, env); err != nil || len(s.Processes) != len(everyProcess) {
				t.Errorf("ctl status: got %d processes, %v", len(s.Processes), err)
			}
			p.awaitMore(4) // longer than what players hold
			wantNoStall(t, players.leave())
		})
	}
	for _, name := range everyProcess {
		if b, err := os.ReadFile(filepath.Join(logs, name+".log")); err != nil || len(b) == 0 {
			t.Errorf("the log of %s: got %d bytes, %v, want the words of its last incarnation", name, len(b), err)
		}
	}
	// The guardian knows the groups that were started since.
	p.signal(syscall.SIGKILL)
	p.awaitExit(5 * time.Second)
	p.wantNothingLeft(3 * time.Second)
}

// awaitMore waits until the proxy lists that many more segments.
func (p *platform) awaitMore(segments int64) {
	p.t.Helper()
	before, err := playlist(p.playlistURL())
	if err != nil {
		p.t.Fatal(err)
	}
	p.await(time.Duration(segments)*5*time.Second, fmt.Sprintf("%d more segments", segments), func() error {
		now, err := playlist(p.playlistURL())
		if err == nil && now.LastMSN() < before.LastMSN()+segments {
			err = fmt.Errorf("newest msn: got %d, was %d", now.LastMSN(), before.LastMSN())
		}
		return err
	})
}

// killAndAwait kills a process and waits until its next incarnation is ready.
func (p *platform) killAndAwait(name string) {
	p.t.Helper()
	before := p.status(name)
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		p.t.Fatalf("kill %s: %v", name, err)
	}
	p.await(30*time.Second, name+" back and ready", func() error {
		s := p.status(name)
		if s.PID == before.PID || s.State.String() != "ready" {
			return fmt.Errorf("%s: pid %d, %s %s", name, s.PID, s.State, s.Reason)
		}
		return nil
	})
}

// wantNoStall fails where a player stalled or was given what is wrong. Requests that
// a killed proxy took to its grave are asked again.
func wantNoStall(t *testing.T, reports []viewer.PlayerReport) {
	t.Helper()
	for _, r := range reports {
		for _, s := range r.Stalls {
			t.Errorf("%s: stalled for %s", r.Name, s.Length)
		}
		for _, v := range r.Violations {
			t.Errorf("%s: %s", r.Name, v)
		}
		if r.State != event.ViewPlaying {
			t.Errorf("%s is %s in the end", r.Name, r.State)
		}
	}
	t.Log(viewer.Summarize(reports))
}

// TestNoProcessIsGivenAnothersSecret looks at what each process was started with.
func TestNoProcessIsGivenAnothersSecret(t *testing.T) {
	env := settings(t)
	env["INGEST_TOKEN"] = "hush-hush"
	p := launch(t, env)
	p.awaitOnAir(everyProcess...)
	reads := map[string]bool{"worker": true, "server1": true, "server2": true}
	for _, name := range everyProcess {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.status(name).PID))
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
	for _, line := range p.logged() {
		if strings.Contains(line, "hush-hush") {
			t.Errorf("told: %s", line)
		}
	}
	if _, out, _ := outcome(t, env, "ctl", "status", "--json"); strings.Contains(out, "hush-hush") || !strings.Contains(out, "INGEST_TOKEN=********") {
		t.Error("ctl status: the token is shown, or not said to be set")
	}
}

// TestASecondPlatformIsToldAllThatItNeeds starts what the refusal says, word for word.
func TestASecondPlatformIsToldAllThatItNeeds(t *testing.T) {
	env, layout := smallSettings(t)
	first := launch(t, env, "--layout", layout)
	first.awaitSmallReady()
	status, _, errs := outcome(t, env, "--headless", "--layout", layout)
	if want := fmt.Sprintf("pid %d,", first.cmd.Process.Pid); status != 1 || !strings.Contains(errs, want) {
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
	launch(t, beside, "--layout", layout).awaitSmallReady()
	if s, err := ctlStatus(t, env); err != nil || s.PID != first.cmd.Process.Pid {
		t.Errorf("the first: got pid %d, %v, want it as it was", s.PID, err)
	}
}
