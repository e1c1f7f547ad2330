package proxy

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/m3u8"
)

const webPage = "<!doctype html><title>502</title>"

// unnoticed are faults of the first packager of two that players do not notice.
var unnoticed = []struct {
	name  string
	setup []func(*platform)
	fault func(*platform)
	// leaves is whether the first packager is to be left for it.
	leaves bool
	// slowest is the longest answer, between the longest time without a new
	// segment; zero for the strictest limits.
	slowest, between time.Duration
}{
	{name: "nothing"},
	{name: "nothing, polled", setup: []func(*platform){withPolling}},
	{name: "nothing, fMP4", setup: []func(*platform){withMP4}},
	{name: "killed", fault: func(p *platform) { p.packagers[0].die() }, leaves: true},
	{name: "killed, polled", setup: []func(*platform){withPolling}, fault: func(p *platform) { p.packagers[0].die() }, leaves: true},
	{name: "killed, fMP4", setup: []func(*platform){withMP4}, fault: func(p *platform) { p.packagers[0].die() }, leaves: true},
	{name: "the standby is killed", fault: func(p *platform) { p.packagers[1].die() }},
	{name: "the host is gone", fault: func(p *platform) {
		p.packagers[0].die()
		p.packagers[0].start()
		p.wire.Lose("server1")
	}, leaves: true},
	{name: "stopped", fault: func(p *platform) { p.packagers[0].stop() }, leaves: true, slowest: 500 * time.Millisecond},
	{name: "stopped, polled", setup: []func(*platform){withPolling}, fault: func(p *platform) { p.packagers[0].stop() }, leaves: true, slowest: 500 * time.Millisecond},
	{name: "headers and silence", fault: answering(partly(func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() })), leaves: true, slowest: 500 * time.Millisecond},
	{name: "it trickles", fault: answering(partly(func(w http.ResponseWriter, r *http.Request, rest []byte) {
		for len(rest) > 0 && r.Context().Err() == nil {
			_, _ = w.Write(rest[:min(100, len(rest))])
			_ = http.NewResponseController(w).Flush()
			rest = rest[min(100, len(rest)):]
			time.Sleep(100 * time.Millisecond)
		}
	})), leaves: true, slowest: 700 * time.Millisecond},
	{name: "500", fault: answering(status(500, "", "", "no")), leaves: true},
	{name: "503 on the playlist", fault: answering(status(503, ".m3u8", "", "no")), leaves: true},
	{name: "429", fault: answering(status(429, "", "", "no")), leaves: true},
	{name: "403 on segments", fault: answering(status(403, ".ts", "", "no")), leaves: true},
	{name: "a web page", fault: answering(status(200, "", "text/html", webPage)), leaves: true},
	{name: "a web page of another type", fault: answering(status(200, ".ts", "video/mp2t", webPage)), leaves: true},
	{name: "empty", fault: answering(status(200, "", "", "")), leaves: true},
	{name: "it breaks off in mid-body", fault: answering(partly(func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) })), leaves: true},
	{name: "a truncated playlist", fault: answering(status(200, ".m3u8", "", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:2,\n1.t")), leaves: true},
	{name: "stale", fault: func(p *platform) { p.packagers[0].change(func(o *packager) { o.frozen = o.enc.newest() }) }, leaves: true, between: 3200 * time.Millisecond},
	{name: "stale, polled", setup: []func(*platform){withPolling}, fault: func(p *platform) { p.packagers[0].change(func(o *packager) { o.frozen = o.enc.newest() }) }, leaves: true},
	{name: "it lags", fault: func(p *platform) { p.packagers[0].change(func(o *packager) { o.lag = 3 }) }, leaves: true},
	{name: "404 for what it lists", fault: answering(status(404, ".ts", "", "no")), leaves: true},
	{name: "its numbers fell", fault: func(p *platform) {
		p.packagers[0].change(func(o *packager) { o.shift, o.from = o.enc.newest(), o.enc.newest() })
	}, leaves: true},
	{name: "its numbers jumped", fault: func(p *platform) { p.packagers[0].change(func(o *packager) { o.shift = -5000 }) }, leaves: true},
	{name: "it lost what it had", fault: func(p *platform) { p.packagers[0].change(func(o *packager) { o.from = o.enc.newest() + 3 }) }, leaves: true},
	{name: "other segments under the same numbers", fault: func(p *platform) {
		p.packagers[0].change(func(o *packager) { o.deltas = each(func(_ int64, s *m3u8.Segment) { s.URI = "x" + s.URI }) })
	}, leaves: true},
	{name: "another discontinuity number", fault: func(p *platform) {
		p.packagers[0].change(func(o *packager) { o.deltas = func(l *m3u8.MediaPlaylist) { l.DiscontinuitySequence = 77 } })
	}},
	{name: "a longer target duration", fault: func(p *platform) {
		p.packagers[0].change(func(o *packager) { o.deltas = func(l *m3u8.MediaPlaylist) { l.TargetDuration = 7 } })
	}},
	{name: "ENDLIST", fault: func(p *platform) { p.packagers[0].change(func(o *packager) { o.end = true }) }},
	{name: "ENDLIST as it dies", fault: func(p *platform) {
		p.packagers[0].change(func(o *packager) { o.end, o.frozen = true, o.enc.newest() })
	}, leaves: true, between: 3200 * time.Millisecond},
	{name: "it flaps", fault: func(p *platform) {
		for range 5 {
			p.packagers[0].die()
			time.Sleep(time.Second)
			p.packagers[0].start()
			time.Sleep(time.Second)
		}
	}, leaves: true},
	{name: "redirects", fault: answering(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "http://server2"+r.URL.String(), http.StatusFound)
		return true
	})},
	{name: "a flood of headers", fault: answering(func(w http.ResponseWriter, _ *http.Request) bool {
		for i := range 2000 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 100))
		}
		return false
	}), leaves: true},
}

func TestPlayersDoNotNotice(t *testing.T) {
	for _, c := range unnoticed {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := onAir(t, 2, c.setup...)
				defer p.end()
				v := p.watch()
				time.Sleep(5300 * time.Millisecond)
				if got := p.stream().Shown().Packager; got != "http://server1" {
					t.Fatalf("active before: got %s, want http://server1", got)
				}
				if c.fault != nil {
					c.fault(p)
				}
				time.Sleep(14 * time.Second)
				between := 2400 * time.Millisecond
				if c.between > 0 {
					between = c.between
				}
				v.smooth(between, max(c.slowest, 50*time.Millisecond))
				v.end()
				list := p.failovers()
				if c.leaves {
					if len(list) != 1 || list[0].From != "http://server1" || list[0].To != "http://server2" || list[0].Cause == "" || list[0].MSNAfter <= list[0].MSNBefore {
						t.Errorf("failovers: got %+v, want one from server1 to server2", list)
					}
				} else if len(list) != 0 {
					t.Errorf("failovers: got %+v, want none", list)
				}
				if v.gaps > 0 {
					t.Errorf("gaps: got %d, want none", v.gaps)
				}
				if t.Failed() {
					t.Logf("failovers: %+v", list)
				}
			})
		})
	}
}

func TestBothPackagersAway(t *testing.T) {
	both := func(p *platform, by func(*packager)) {
		for _, one := range p.packagers {
			by(one)
		}
	}
	for _, c := range []struct {
		name         string
		setup        []func(*platform)
		away, back   func(*packager)
		discontinued bool
		gaps         bool
	}{
		{name: "killed", away: (*packager).die, back: (*packager).start},
		{name: "stopped", away: (*packager).stop, back: (*packager).resume},
		{name: "502", away: func(o *packager) { o.change(func(o *packager) { o.answers = status(502, "", "", "") }) },
			back: func(o *packager) { o.change(func(o *packager) { o.answers = nil }) }},
		{name: "the encoder died", away: func(o *packager) { o.change(func(o *packager) { o.frozen = o.enc.newest() }) },
			back: func(o *packager) { o.change(func(o *packager) { o.frozen = 0 }) }},
		{name: "the encoder died and what it missed is lost", away: func(o *packager) { o.change(func(o *packager) { o.frozen = o.enc.newest() }) },
			back: func(o *packager) { o.change(func(o *packager) { o.frozen, o.from = 0, o.enc.newest() }) }, gaps: true},
		{name: "both began again at 0", away: (*packager).die, back: func(o *packager) {
			o.change(func(o *packager) { o.shift, o.from = o.enc.newest(), o.enc.newest() })
			o.start()
		}, discontinued: true},
		{name: "both lost more than a window", away: (*packager).die, back: func(o *packager) {
			o.change(func(o *packager) { o.from, o.shift = o.enc.newest(), -100 })
			o.start()
		}, discontinued: true},
		{name: "alone: killed", setup: []func(*platform){alone}, away: (*packager).die, back: (*packager).start},
		{name: "alone: stopped", setup: []func(*platform){alone}, away: (*packager).stop, back: (*packager).resume},
		{name: "alone: began again at 0", setup: []func(*platform){alone}, away: (*packager).die, back: func(o *packager) {
			o.change(func(o *packager) { o.shift, o.from = o.enc.newest(), o.enc.newest() })
			o.start()
		}, discontinued: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := onAir(t, 2, c.setup...)
				defer p.end()
				v := p.watch()
				time.Sleep(10500 * time.Millisecond) // its newest segment is fetched
				before := p.stream().Shown().Last
				both(p, c.away)
				time.Sleep(5 * time.Second)
				both(p, c.back)
				began := time.Now()
				p.await(5*time.Second, "recovery", func() bool { return p.stream().Shown().Last > before+1 })
				t.Logf("recovered after %s", time.Since(began))
				time.Sleep(16 * time.Second)
				v.smooth(11*time.Second, 5*time.Second)
				v.end()
				if (v.gaps > 0) != c.gaps {
					t.Errorf("gaps: got %d, want some: %t", v.gaps, c.gaps)
				}
				got := v.check.Last.DiscontinuitySequence > 0 || slices.ContainsFunc(v.check.Last.Segments, func(s m3u8.Segment) bool { return s.Discontinuity })
				if got != c.discontinued {
					t.Errorf("discontinuity: got %t, want %t", got, c.discontinued)
				}
				for status, n := range v.statuses {
					if status != http.StatusOK {
						t.Errorf("player: got status %d %d times", status, n)
					}
				}
			})
		})
	}
}

func alone(p *platform) {
	p.packagers, p.config.Packagers = p.packagers[:1], p.config.Packagers[:1]
}
