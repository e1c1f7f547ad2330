package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer"
)

// crowd are virtual players with transfers in flight.
type crowd struct {
	players []*viewer.Player
	leave   func() []viewer.PlayerReport
}

func gather(t *testing.T, p *platform, n int) *crowd {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c, ledger := &crowd{}, new(viewer.Ledger)
	var work sync.WaitGroup
	for i := range n {
		player, err := viewer.NewPlayer(viewer.PlayerOptions{
			Name: fmt.Sprint("player ", i), URL: p.playlistURL(), Client: viewer.NewClient(true), Pace: 0.8,
			StartDelay: time.Duration(i) * 100 * time.Millisecond, Ledger: ledger, Keep: 20000,
		})
		if err != nil {
			t.Fatal(err)
		}
		c.players = append(c.players, player)
		work.Go(func() { _ = player.Run(ctx) }) // nil by its contract
	}
	p.await(time.Minute, "every player plays", func() error {
		for _, player := range c.players {
			if s := player.Status(); s.State != event.ViewPlaying {
				return fmt.Errorf("%s is %s", s.Name, s.State)
			}
		}
		return nil
	})
	c.leave = func() []viewer.PlayerReport {
		cancel()
		work.Wait()
		var list []viewer.PlayerReport
		for _, player := range c.players {
			list = append(list, player.Report())
		}
		return list
	}
	return c
}

// wantClean fails where players saw anything, and says what.
func wantClean(t *testing.T, reports []viewer.PlayerReport) {
	t.Helper()
	sum := viewer.Summarize(reports)
	t.Log(sum)
	if sum.Clean() {
		return
	}
	t.Errorf("players saw something")
	for _, r := range reports {
		for _, v := range r.Violations {
			t.Errorf("%s: %s", r.Name, v)
		}
		for _, f := range r.Failures {
			t.Errorf("%s: %v", r.Name, f)
		}
		for _, s := range r.Stalls {
			t.Errorf("%s: stalled for %s", r.Name, s.Length)
		}
	}
}

// failovers are the proxy's events.
func (p *platform) failovers() []event.Failover {
	_, b, err := get(p.base("PROXY_PORT") + "/events")
	if err != nil {
		return nil
	}
	var list []event.Failover
	if json.Unmarshal(b, &list) != nil {
		return nil
	}
	return list
}

// TestGapOfKills kills and stops the active packager again and again under players
// with transfers in flight, and tells what it cost: the gap as the proxy measures
// it, and the players' own longest wait over the whole run, faults or not. The
// figures are for the log; that nobody sees anything is what is asserted.
func TestGapOfKills(t *testing.T) {
	if !soaking() {
		t.Skip("minutes long: make soak runs it")
	}
	for _, c := range []struct {
		name   string
		action string // the operator's: those do not count as a process's own failures
		times  int
	}{{"kill -9", "kill", 50}, {"SIGSTOP", "pause", 15}} {
		t.Run(c.name, func(t *testing.T) {
			p := launch(t, settings(t))
			p.awaitOnAir(everyProcess...)
			players := gather(t, p, 20)
			var noticed []time.Duration
			for n := range c.times {
				name, err := p.active()
				if err != nil {
					t.Fatal(err)
				}
				before := len(p.failovers())
				at := time.Now()
				p.ctl(c.action, name)
				p.await(20*time.Second, "another packager is active", func() error {
					if now, err := p.active(); err != nil || now == name {
						return fmt.Errorf("still %s: %w", name, err)
					}
					return nil
				})
				noticed = append(noticed, time.Since(at))
				p.await(20*time.Second, "the failover is told", func() error {
					if len(p.failovers()) <= before {
						return fmt.Errorf("%d told", before)
					}
					return nil
				})
				if c.action == "pause" {
					p.ctl("resume", name)
				}
				p.await(40*time.Second, "both are up again", func() error {
					if s := p.status(name); s.State.String() != "ready" {
						return fmt.Errorf("fault %d: %s is %s", n+1, name, s.State)
					}
					return p.bothUp()
				})
			}
			reports := players.leave()
			var gaps []float64
			none := 0
			for _, f := range p.failovers() {
				if f.GapMS < 0 {
					none++
				} else {
					gaps = append(gaps, f.GapMS)
				}
			}
			slices.Sort(gaps)
			slices.Sort(noticed)
			sum := viewer.Summarize(reports)
			t.Logf("players' own longest waits: first byte %s, next byte %s; the machine kept them from running for %s",
				sum.LongestFirstByte.Round(100*time.Microsecond), sum.LongestWait.Round(100*time.Microsecond), sum.Starved.Round(time.Millisecond))
			t.Logf("%d times %s: failovers %d, no player waiting in %d, gaps of the others %v ms; active changed after p50 %s, worst %s",
				c.times, c.name, none+len(gaps), none, gaps, noticed[len(noticed)/2].Round(time.Millisecond), noticed[len(noticed)-1].Round(time.Millisecond))
			wantClean(t, reports)
		})
	}
}

// ctl commands the platform as an operator does.
func (p *platform) ctl(args ...string) {
	p.t.Helper()
	if out, err := command(p.t, p.env, append([]string{"ctl"}, args...)...).CombinedOutput(); err != nil {
		p.t.Fatalf("ctl %v: %v: %s", args, err, out)
	}
}

// bothUp is nil when the proxy finds every packager up.
func (p *platform) bothUp() error {
	_, b, err := get(p.base("PROXY_PORT") + "/metrics")
	if err != nil {
		return err
	}
	for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT"} {
		if want := fmt.Sprintf(`proxy_packager_up{packager="http://localhost:%s",playlist="/live01/playlist.m3u8"} 1`, p.env[variable]); !slices.Contains(lines(b), want) {
			return fmt.Errorf("%s is not up", variable)
		}
	}
	return nil
}

// TestTheControlPlaneIsGone lets discovery, reporter and origin be away: playback is
// as if nothing were (FAILURES.md, rule 10), and a packager's death is survived.
func TestTheControlPlaneIsGone(t *testing.T) {
	t.Parallel() // it waits more than it works
	p := launch(t, settings(t))
	p.awaitOnAir(everyProcess...)
	players := gather(t, p, 12)
	away := 12 * time.Second
	if soaking() {
		away = time.Minute
	}
	stop := func(s syscall.Signal) {
		for _, name := range []string{"discovery", "reporter", "origin"} {
			// Stopped ones that miss their probes are killed and come back: they are
			// stopped again, so that nobody answers all the time.
			if pid := p.status(name).PID; pid != 0 {
				_ = syscall.Kill(pid, s) // it may have gone
			}
		}
	}
	killed := false
	for end := time.Now().Add(away); time.Now().Before(end); {
		stop(syscall.SIGSTOP)
		if name, err := p.active(); err == nil && !killed && time.Until(end) < away/2 {
			killed = syscall.Kill(p.status(name).PID, syscall.SIGKILL) == nil
		}
		time.Sleep(200 * time.Millisecond) // they may be back
	}
	if !killed {
		t.Error("no packager was killed meanwhile")
	}
	stop(syscall.SIGCONT)
	wantClean(t, players.leave())
	p.awaitOnAir(everyProcess...) // in a minute if they have failed too often
}

func lines(b []byte) []string { return strings.Split(string(b), "\n") }
