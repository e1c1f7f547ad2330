package proxy

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/proxy/follow"
)

func TestNumbersGoOnAfterARestart(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(5 * time.Second)
		for _, one := range p.packagers { // so that there is something to remember
			one.change(func(o *packager) { o.shift, o.from = o.enc.newest(), o.enc.newest() })
		}
		time.Sleep(26 * time.Second) // until it has slid out
		if v.last().DiscontinuitySequence == 0 {
			t.Fatalf("before: got\n%s", v.last().Encode())
		}
		v.leave()
		before := p.stream().Shown()
		p.stopProxy()
		p.startProxy()
		// A request may come before anything was read.
		w := p.get(live)
		if err := v.check.Check(w.Body.Bytes()); err != nil {
			t.Errorf("after a restart: %v:\n%s\nafter\n%s", err, w.Body, before.Body)
		}
		p.await(time.Second, "ready", func() bool { ok, _ := p.service.Ready(); return ok })
		again := p.watch(v)
		time.Sleep(10 * time.Second)
		again.end()
		if got := again.last().LastMSN(); got < before.Last+4 {
			t.Errorf("newest msn: got %d, want more than %d", got, before.Last)
		}
		for _, s := range again.last().Segments {
			if !strings.HasPrefix(s.URI, "r1-") {
				t.Errorf("URI: got %s, want the second numbering's", s.URI)
			}
		}
	})
}

func TestARestoredPlaylistIsServedWhileAllPackagersAreDown(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(5 * time.Second)
		v.leave()
		p.stopProxy()
		for _, one := range p.packagers {
			one.die()
		}
		p.startProxy()
		if took := p.expect(live, 200); took > 10*time.Millisecond {
			t.Errorf("took %s, want it at once", took)
		}
		if ok, why := p.service.Ready(); ok || !strings.Contains(why, live) {
			t.Errorf("ready: got %t %q, want what it waits for", ok, why)
		}
		time.Sleep(follow.RestoreMost)
		if ok, why := p.service.Ready(); !ok {
			t.Errorf("ready after %s: got %q, want it", follow.RestoreMost, why)
		}
		for _, one := range p.packagers {
			one.start()
		}
		v = p.watch()
		time.Sleep(6 * time.Second)
		v.end()
	})
}

func TestARestartIsNoFailover(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		// The second one is active, and the slower one to answer.
		p.packagers[0].die()
		v := p.watch()
		time.Sleep(5 * time.Second)
		v.end()
		p.packagers[0].start()
		p.packagers[1].change(func(o *packager) {
			o.answers = slowly("", 20*time.Millisecond)
		})
		p.stopProxy()
		p.startProxy()
		time.Sleep(5 * time.Second)
		if got := p.get(live).Header().Get("X-Packager"); got != two {
			t.Errorf("active: got %s, want %s as before", got, two)
		}
		if list := p.failovers(); len(list) != 0 {
			t.Errorf("failovers: got %+v, want none", list)
		}
	})
}

// A machine that joins a cluster, or is removed, changes PACKAGERS.
func TestARestartWithOtherPackagersGoesOn(t *testing.T) {
	const elsewhere = "http://elsewhere:1"
	for _, c := range []struct {
		name           string
		before, after  []string
		active         string // after the restart
		mayBeFailovers bool
	}{
		{"in another order", []string{one, two}, []string{two, one}, one, false},
		{"with one more in front", []string{one, two}, []string{elsewhere, one, two}, one, false},
		{"without the active one", []string{one, two}, []string{two}, two, true},
		{"with none of those before", []string{one}, []string{elsewhere, two}, two, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, p *platform) {
				v := p.watch()
				time.Sleep(10 * time.Second)
				v.leave()
				p.stopProxy()
				p.config.Packagers = c.after
				p.startProxy()
				again := p.watch(v)
				time.Sleep(10 * time.Second)
				again.end()
				if got := p.get(live).Header().Get("X-Packager"); got != c.active {
					t.Errorf("active: got %s, want %s", got, c.active)
				}
				if list := p.failovers(); len(list) != 0 && !c.mayBeFailovers {
					t.Errorf("failovers: got %+v, want none", list)
				}
			}, func(p *platform) { p.config.Packagers = c.before })
		})
	}
}
