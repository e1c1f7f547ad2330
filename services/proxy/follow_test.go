package proxy

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

// Players ask another host themselves for what lies there; the proxy does not.
func TestWhatIsAtAnotherHostIsLeftToPlayers(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		for _, o := range p.packagers {
			o.change(func(o *packager) {
				o.deltas = each(func(_ int64, s *m3u8.Segment) { s.URI = "http://elsewhere/" + s.URI })
			})
		}
		p.expect(live, 200)
		time.Sleep(5 * time.Second)
		l, err := m3u8.ParseMedia(p.get(live).Body.Bytes())
		if err != nil || l.LastMSN() < 102 || !strings.HasPrefix(l.Segments[0].URI, "http://elsewhere/") {
			t.Errorf("got %v and\n%s", err, l.Encode())
		}
		if n := p.wire.Dials("elsewhere:80"); n != 0 {
			t.Errorf("the proxy connected to another host %d times", n)
		}
		p.packagers[0].die()
		time.Sleep(5 * time.Second)
		if l, err = m3u8.ParseMedia(p.get(live).Body.Bytes()); err != nil || l.LastMSN() < 104 || l.DiscontinuitySequence > 0 {
			t.Errorf("after a kill: got %v and\n%s", err, l.Encode())
		}
	})
}

func TestItBeginsWithTheFreshest(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(o *packager) { o.frozen = 60 })
		p.packagers[1].change(func(o *packager) {
			o.answers = slowly("", 20*time.Millisecond)
		})
		v := p.watch()
		time.Sleep(5 * time.Second)
		v.end()
		if v.first() < 90 || v.last().DiscontinuitySequence > 0 {
			t.Errorf("began at msn %d, want at the live edge:\n%s", v.first(), v.last().Encode())
		}
	})
}

func TestAPeerWithNumbersFarAheadDoesNotTakeOver(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(5 * time.Second)
		p.packagers[1].change(func(o *packager) { o.shift = -90_000 })
		time.Sleep(10 * time.Second)
		if got := p.verdicts(); got[0].State != report.Up || got[1].State != report.Misaligned {
			t.Errorf("verdicts: got %+v, want up and misaligned", got)
		}
		if got := v.last().LastMSN(); got > 1000 {
			t.Errorf("newest msn: got %d, want the active packager's", got)
		}
		p.packagers[0].die() // now there is nobody else
		time.Sleep(8 * time.Second)
		v.smooth(5*time.Second, 100*time.Millisecond)
		v.end()
		if got := v.last().LastMSN(); got < 90_000 {
			t.Errorf("newest msn: got %d, want the peer's", got)
		}
	})
}

func TestASegmentThatADeadPackagerAloneHadIsAGap(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(5500 * time.Millisecond)
		// The active one alone lists 103, gives nothing of it, and dies.
		none := status(503, "/103.ts", "", "")
		p.packagers[0].change(func(o *packager) { o.answers = none })
		p.packagers[1].change(func(o *packager) { o.answers = none; o.lag = 1 })
		time.Sleep(700 * time.Millisecond)
		p.packagers[0].die()
		p.packagers[1].change(func(o *packager) { o.answers = status(404, "/103.ts", "", ""); o.lag = 0; o.from = 104 })
		time.Sleep(10 * time.Second)
		v.smooth(7*time.Second, time.Second)
		v.end()
		if v.gaps != 1 {
			t.Errorf("gaps: got %d, want 1", v.gaps)
		}
		if took := p.expect("/live01/103.ts", 404); took > 5*time.Millisecond {
			t.Errorf("a gap: took %s, want 404 at once", took)
		}
	})
}

func TestOneEndlistDoesNotEndALiveSignal(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(o *packager) { o.end, o.frozen = true, 100 })
		v := p.watch()
		time.Sleep(10 * time.Second)
		v.end()
	})
}

func TestAPlaylistThatHasEndedIsServedAsItIs(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		for _, one := range p.packagers {
			one.change(func(o *packager) { o.end, o.frozen = true, 100 })
		}
		w := p.get(live)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "#EXT-X-ENDLIST") || w.Header().Get("X-Packager") == "" {
			t.Errorf("got %d %v:\n%s", w.Code, w.Header(), w.Body)
		}
		p.expect("/live01/98.ts", 200)
		for _, one := range p.packagers { // it was none: it goes on
			one.change(func(o *packager) { o.end, o.frozen = false, 0 })
		}
		time.Sleep(3 * time.Second)
		v := p.watch()
		time.Sleep(5 * time.Second)
		v.end()
	})
}

func TestMultivariantPlaylists(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		text := func(name string) string {
			return "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,NAME=\"" + name + "\"\nplaylist.m3u8\n"
		}
		for _, one := range p.packagers {
			one.change(func(o *packager) { o.answers = status(200, "/master.m3u8", "", text(o.name)) })
		}
		w := p.get("/live01/master.m3u8")
		if !strings.Contains(w.Body.String(), "server") || !strings.HasPrefix(w.Header().Get("X-Packager"), "http://server") {
			t.Fatalf("got %d %v: %s", w.Code, w.Header(), w.Body)
		}
		for range 20 {
			if again := p.get("/live01/master.m3u8"); again.Body.String() != w.Body.String() {
				t.Errorf("it changes: got %s after %s", again.Body, w.Body)
			}
			time.Sleep(time.Second)
		}
		v := p.watch()
		time.Sleep(5 * time.Second)
		// It is served as what it was.
		p.packagers[0].change(func(o *packager) { o.answers = status(200, ".m3u8", "", text(o.name)) })
		time.Sleep(11 * time.Second)
		v.end()
	})
}

func TestTwoPlaylistsOfOneSignalDoNotDisturbEachOther(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		audio := func(o *packager) func(w http.ResponseWriter, r *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/audio.m3u8") {
					return false
				}
				o.mu.Lock()
				l := o.list()
				o.mu.Unlock()
				l.ServerControl = nil
				_, _ = w.Write(l.Encode())
				return true
			}
		}
		for _, one := range p.packagers {
			one.change(func(o *packager) { o.answers = audio(o) })
		}
		v := p.watch() // both list the same segments
		for range 5 {
			p.expect("/live01/audio.m3u8", 200)
			time.Sleep(2 * time.Second)
		}
		p.service.streams.Remove("/live01/audio.m3u8")
		time.Sleep(10 * time.Second)
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
	})
}

func TestHotSegmentsOutliveAnOutage(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(10500 * time.Millisecond)
		v.end()
		for _, one := range p.packagers {
			one.die()
		}
		l, err := m3u8.ParseMedia(p.get(live).Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range l.Segments { // listed segments can be downloaded at once
			if took := p.expect("/live01/"+s.URI, 200); took > 5*time.Millisecond {
				t.Errorf("%s: took %s, want it at once", s.URI, took)
			}
		}
		time.Sleep(5 * time.Second)
		for _, s := range l.Segments {
			p.expect("/live01/"+s.URI, 200)
		}
	})
}

func TestAPackagerProvesItselfBeforeItIsUsedAgain(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		// The first has to be asked: the other is slower to list what it has.
		p.packagers[1].change(func(o *packager) {
			o.answers = slowly(".m3u8", 20*time.Millisecond)
		})
		v := p.watch()
		time.Sleep(5300 * time.Millisecond)
		p.packagers[0].change(func(o *packager) { o.answers = status(403, ".ts", "", "") })
		p.await(20*time.Second, "its refusal of segments", func() bool {
			got := p.verdicts()[0]
			return got.State == report.Down && strings.Contains(got.Reason, "status 403")
		})
		p.packagers[0].change(func(o *packager) { o.answers = nil })
		p.await(20*time.Second, "its recovery", func() bool { return p.verdicts()[0].State == report.Up })
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
	})
}

// Players ask another host themselves for a key that lies there, as for a segment.
func TestAKeyAtAnotherHostIsLeftToPlayers(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		for _, o := range p.packagers {
			o.change(func(o *packager) {
				o.deltas = each(func(_ int64, s *m3u8.Segment) {
					s.Keys = []m3u8.Key{{Method: "AES-128", URI: "http://elsewhere/live.key", IV: "0x00000000000000000000000000000001"}}
				})
			})
		}
		p.expect(live, 200)
		time.Sleep(5 * time.Second)
		w := p.get(live)
		if !strings.Contains(w.Body.String(), `URI="http://elsewhere/live.key"`) {
			t.Errorf("got no key of another host in\n%s", w.Body)
		}
		if n := p.wire.Dials("elsewhere:80"); n != 0 {
			t.Errorf("the proxy connected to another host %d times", n)
		}
	})
}
