package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/test/harness"
)

// killProxy kills the proxy with -9. It returns how long a player that asks at that
// moment waits for an answer from the next incarnation.
func killProxy(t *testing.T, p *harness.Platform, a *audience) time.Duration {
	t.Helper()
	before := p.Status("proxy")
	a.kills.Add(1)
	defer a.kills.Add(1)
	began := time.Now()
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var took time.Duration
	p.Await(20*time.Second, "an answer after kill -9", func() error {
		status, _, _, err := a.once(context.Background(), client, "/live01/playlist.m3u8")
		if errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("refused %s after the kill", time.Since(began))
		}
		if err != nil {
			return err // its connection died with the proxy
		}
		if status != http.StatusOK {
			t.Errorf("status %d %s after the kill", status, time.Since(began))
		}
		took = time.Since(began)
		return nil
	})
	p.Await(20*time.Second, "another proxy, ready", func() error {
		if s := p.Status("proxy"); s.PID == before.PID || s.State.String() != "ready" {
			return fmt.Errorf("pid %d, %s %s", s.PID, s.State, s.Reason)
		}
		return nil
	})
	return took
}

func TestHeldSocketsKilledAndRestartedUnderReaders(t *testing.T) {
	harness.Parallel(t)
	env := harness.Settings(t)
	env["HANDOVER_TIMEOUT"] = "3s" // idle connections would keep the old proxy for longer
	p := harness.Launch(t, env)
	p.AwaitOnAir(harness.Every...)
	a := newAudience(t, p.Base("PROXY_PORT"), 20)
	a.more(p, 100)

	for range 2 {
		before := p.Status("proxy")
		p.Ctl("restart", "proxy")
		p.Await(20*time.Second, "the old proxy has finished", func() error {
			if s := p.Status("proxy"); s.PID == before.PID || s.State.String() != "ready" || s.Draining != 0 {
				return fmt.Errorf("pid %d, %s %s", s.PID, s.State, s.Reason)
			}
			return nil
		})
		a.more(p, 100)
	}
	a.check("two restarts of the proxy")

	var waits []time.Duration
	kills := 3
	if harness.Soaking() {
		kills = 20
	}
	for range kills {
		waits = append(waits, killProxy(t, p, a))
		a.more(p, 100)
		if harness.Soaking() { // else each death in a row waits longer
			time.Sleep(11 * time.Second)
		}
	}
	a.check("kill -9 of the proxy")
	slices.Sort(waits)
	t.Logf("from kill -9 to an answer: median %s of %v", waits[len(waits)/2], waits)

	for _, name := range []string{"origin", "reporter"} {
		p.Ctl("restart", name)
	}
	a.more(p, 100)
	a.check("restarts of origin and reporter")
}

func TestHeldSocketsUpgradeUnderReaders(t *testing.T) {
	harness.Parallel(t)
	path := harness.Binary(t)
	env := harness.Settings(t)
	own := env["RUN_PATH"] + "-binary" // one that this test may replace
	harness.CopyFile(t, path, own)
	if err := os.Chmod(own, 0o755); err != nil {
		t.Fatal(err)
	}
	p := harness.LaunchBinary(t, own, env)
	p.AwaitOnAir(harness.Every...)
	a := newAudience(t, p.Base("PROXY_PORT"), 20)
	a.more(p, 100)

	upgrade := func(how string, ask func()) {
		before := map[string]int{}
		for _, name := range harness.Every {
			before[name] = p.Status(name).PID
		}
		harness.CopyFile(t, path, own+".new")
		if err := errors.Join(os.Chmod(own+".new", 0o755), os.Rename(own+".new", own)); err != nil {
			t.Fatal(err)
		}
		ask()
		p.Await(60*time.Second, "every process from the binary on disk", func() error {
			for _, name := range harness.Every {
				s := p.Status(name)
				exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", s.PID))
				if s.PID == before[name] || s.State.String() != "ready" || err == nil && exe != own {
					return fmt.Errorf("%s: pid %d runs %s, %s %s", name, s.PID, exe, s.State, s.Reason)
				}
			}
			return nil
		})
		a.more(p, 100)
		a.check(how)
	}
	upgrade("ctl upgrade", func() {
		if got := p.Ctl("upgrade"); !strings.HasPrefix(got, "upgraded 8 processes to livestream-tui ") {
			t.Errorf("ctl upgrade: got %s", got)
		} else {
			t.Log(got)
		}
	})
	upgrade("USR2", func() { p.Signal(syscall.SIGUSR2) })
	for _, line := range p.Logged() {
		if strings.Contains(line, `"off air`) || strings.Contains(line, `"outage":`) {
			t.Errorf("the viewer or the look at the playlist noticed: %s", line)
		}
	}
}

// A hand-over must end before the supervisor kills the process that hands over.
func TestAHandOverIsOverBeforeItsGrace(t *testing.T) {
	c, err := service.CommonFromEnv(service.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	const grace = 15 * time.Second // procs.Spec.FinishGrace
	if c.Handover > grace-2*time.Second {
		t.Errorf("HANDOVER_TIMEOUT is %s by default, the grace %s", c.Handover, grace)
	}
}
