package e2e

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/viewer/player"
	"livestream-tui/test/harness"
)

// TestGapOfKills kills and stops the active packager again and again under players
// with transfers in flight, and logs what it cost: the gap as the proxy measures it,
// and the players' longest wait over the whole run. The figures are for the log; the
// test asserts that no player sees anything.
func TestGapOfKills(t *testing.T) {
	if !harness.Soaking() {
		t.Skip("minutes long: make soak runs it")
	}
	for _, c := range []struct {
		name   string
		action string // by the operator, so that it does not count as the process's own failure
		times  int
	}{{"kill -9", "kill", 50}, {"SIGSTOP", "pause", 15}} {
		t.Run(c.name, func(t *testing.T) {
			p := harness.Launch(t, harness.Settings(t))
			p.AwaitOnAir(harness.Every...)
			players := harness.Gather(t, p.PlaylistURL(), 20, nil)
			var noticed []time.Duration
			for n := range c.times {
				name, err := p.Active()
				if err != nil {
					t.Fatal(err)
				}
				before := len(p.Failovers())
				at := time.Now()
				p.Ctl(c.action, name)
				p.Await(20*time.Second, "another packager is active", func() error {
					if now, err := p.Active(); err != nil || now == name {
						return fmt.Errorf("still %s: %w", name, err)
					}
					return nil
				})
				noticed = append(noticed, time.Since(at))
				p.Await(20*time.Second, "the failover is told", func() error {
					if len(p.Failovers()) <= before {
						return fmt.Errorf("%d told", before)
					}
					return nil
				})
				if c.action == "pause" {
					p.Ctl("resume", name)
				}
				p.Await(40*time.Second, "both are up again", func() error {
					if s := p.Status(name); s.State.String() != "ready" {
						return fmt.Errorf("fault %d: %s is %s", n+1, name, s.State)
					}
					return p.BothUp()
				})
			}
			reports := players.Leave()
			var gaps []float64
			none := 0
			for _, f := range p.Failovers() {
				if f.GapMS < 0 {
					none++
				} else {
					gaps = append(gaps, f.GapMS)
				}
			}
			slices.Sort(gaps)
			slices.Sort(noticed)
			sum := player.Summarize(reports)
			t.Logf("players' own longest waits: first byte %s, next byte %s; the machine kept them from running for %s",
				sum.LongestFirstByte.Round(100*time.Microsecond), sum.LongestWait.Round(100*time.Microsecond), sum.Starved.Round(time.Millisecond))
			t.Logf("%d times %s: failovers %d, no player waiting in %d, gaps of the others %v ms; active changed after p50 %s, worst %s",
				c.times, c.name, none+len(gaps), none, gaps, noticed[len(noticed)/2].Round(time.Millisecond), noticed[len(noticed)-1].Round(time.Millisecond))
			harness.WantClean(t, reports)
		})
	}
}

// TestTheControlPlaneIsGone stops discovery, reporter and origin: players notice
// nothing (FAILURES.md, "Discovery, reporter or origin are gone"), not even when a
// packager dies.
func TestTheControlPlaneIsGone(t *testing.T) {
	harness.Parallel(t)
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	players := harness.Gather(t, p.PlaylistURL(), 12, nil)
	away := 12 * time.Second
	if harness.Soaking() {
		away = time.Minute
	}
	stop := func(s syscall.Signal) {
		for _, name := range []string{"discovery", "reporter", "origin"} {
			// The supervisor replaces a stopped process that misses its probes: the new
			// one is stopped too, so that none answers for long.
			if pid := p.Status(name).PID; pid != 0 {
				_ = syscall.Kill(pid, s) // it may have gone
			}
		}
	}
	killed := false
	for end := time.Now().Add(away); time.Now().Before(end); {
		stop(syscall.SIGSTOP)
		if name, err := p.Active(); err == nil && !killed && time.Until(end) < away/2 {
			killed = syscall.Kill(p.Status(name).PID, syscall.SIGKILL) == nil
		}
		time.Sleep(200 * time.Millisecond) // the supervisor may have replaced them
	}
	if !killed {
		t.Error("no packager was killed meanwhile")
	}
	stop(syscall.SIGCONT)
	harness.WantClean(t, players.Leave())
	p.AwaitOnAir(harness.Every...) // after a minute if they have failed too often
}
