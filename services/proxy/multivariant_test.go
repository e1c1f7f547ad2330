package proxy

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

const master = "/live01/master.m3u8"

// variantOf is the one variant of a multivariant playlist.
func variantOf(t *testing.T, w *httptest.ResponseRecorder) m3u8.Variant {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("got %d %s, want a multivariant playlist", w.Code, w.Body)
	}
	list, err := m3u8.ParseMultivariant(w.Body.Bytes())
	if err != nil || len(list.Variants) != 1 {
		t.Fatalf("got %v of %s, want one variant", err, w.Body)
	}
	return list.Variants[0]
}

func TestAMultivariantPlaylistStandsBesideEveryPlaylist(t *testing.T) {
	for name, change := range map[string]func(*platform){"MPEG-TS": func(*platform) {}, "fMP4": withMP4, "fMP4, polled": func(p *platform) { withMP4(p); withPolling(p) }} {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			w := p.get(master)
			v := variantOf(t, w)
			size := len(p.get("/live01/" + p.packagers[0].media(p.packagers[0].enc.newest())).Body.Bytes())
			rate := int64(8*size) / 2
			if v.URI != "playlist.m3u8" || v.Bandwidth < rate || v.Bandwidth > rate*11/10 || v.AverageBandwidth > v.Bandwidth || v.AverageBandwidth < rate {
				t.Errorf("%s: got %+v, want playlist.m3u8 of about %d bit/s", name, v, rate)
			}
			if kind := w.Header().Get("Content-Type"); kind != "application/vnd.apple.mpegurl" {
				t.Errorf("%s: got type %q", name, kind)
			}
			if again := p.get(master, "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
				t.Errorf("%s: got %d for its own ETag, want 304", name, again.Code)
			}
			if res := p.service.Answer([]byte(master)); res == nil || string(res.Body()) != w.Body.String() {
				t.Errorf("%s: got %v on the short way, want the same", name, res)
			}
		}, change)
	}
}

// No failover changes it, and with every packager gone it is there as long as the
// playlist.
func TestTheMultivariantPlaylistDoesNotNoticeAFailover(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		defer v.end()
		time.Sleep(5 * time.Second)
		w := p.get(master)
		variantOf(t, w)
		for i, fault := range []func(){p.packagers[0].stop, func() { time.Sleep(12 * time.Second) }, p.packagers[0].resume, p.packagers[1].die} {
			fault()
			for range 8 {
				began := time.Now()
				again := p.get(master)
				if again.Body.String() != w.Body.String() || again.Header().Get("ETag") != w.Header().Get("ETag") {
					t.Fatalf("after fault %d: got %d %s, want %s", i, again.Code, again.Body, w.Body)
				}
				if took := time.Since(began); took > 100*time.Millisecond {
					t.Errorf("after fault %d it took %s", i, took)
				}
				time.Sleep(time.Second)
			}
		}
		p.packagers[1].start()
		time.Sleep(5 * time.Second)
	})
}

func TestTheMultivariantPlaylistIsFirstAskedForWhileAPackagerHangs(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		defer v.end()
		time.Sleep(5 * time.Second)
		p.packagers[0].stop()
		began := time.Now()
		variantOf(t, p.get(master))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
		p.packagers[0].resume()
		time.Sleep(5 * time.Second)
	})
}

// Tokens go on to the playlist as they are, reports of players do not.
func TestArgumentsCarryThroughTheMultivariantPlaylist(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		for query, want := range map[string]string{
			"?token=a%2Fb&x=%41": "?token=a%2Fb&x=%41", "?CMCD=sid%3D%22a%22": "", "?token=1&CMCD=sid%3D%22a%22&z=2": "?token=1&z=2", "?%43MCD=bs": "",
		} {
			if v := variantOf(t, p.get(master+query)); v.URI != "playlist.m3u8"+want {
				t.Errorf("%s: got %s, want playlist.m3u8%s", query, v.URI, want)
			}
		}
	})
}

func TestThePackagersOwnMultivariantPlaylistWins(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		variantOf(t, p.get(master))
		for _, one := range p.packagers {
			one.change(func(o *packager) {
				o.answers = status(200, "/master.m3u8", "", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=77\nplaylist.m3u8\n")
			})
		}
		p.await(20*time.Second, "the packager's own", func() bool {
			_ = p.get(live) // players go on
			return variantOf(t, p.get(master)).Bandwidth == 77
		})
		if res := p.service.Answer([]byte(master)); res == nil || !strings.Contains(string(res.Body()), "BANDWIDTH=77\n") {
			t.Errorf("got %v on the short way, want the packager's", res)
		}
	})
}

func TestWithoutAPlaylistThereIsNoMultivariantPlaylist(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(status(http.StatusNotFound, ".m3u8", "", "no"))
		for range 3 {
			p.expect(master, http.StatusNotFound)
		}
		p.everyPackager(nil)
		time.Sleep(2 * time.Second)
		variantOf(t, p.get(master))
	})
}

func TestTheMultivariantPlaylistEndsWithItsPlaylist(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		variantOf(t, p.get(master))
		p.everyPackager(status(http.StatusNotFound, ".m3u8", "", "no"))
		p.await(time.Minute, "the end of the playlist", func() bool { return p.get(live).Code == http.StatusNotFound })
		p.expect(master, http.StatusNotFound)
		if res := p.service.Answer([]byte(master)); res != nil {
			t.Errorf("got %s on the short way", res.Body())
		}
	})
}

// A signal that is just starting has no segment yet: players wait for it.
func TestTheMultivariantPlaylistWaitsForTheFirstSegments(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		from := p.packagers[0].enc.newest() + 2
		for _, one := range p.packagers {
			one.change(func(o *packager) { o.from = from })
		}
		variantOf(t, p.get(master))
	}, withMP4)
}

// Packagers are asked for one of their own now and then, and not by each player.
func TestPlayersOfTheMultivariantPlaylistCostPackagersNothing(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		variantOf(t, p.get(master))
		before := p.packagers[0].asked("master.m3u8")
		for range 300 {
			variantOf(t, p.get(master+"?CMCD=sid%3D%22a%22"))
			_ = p.get(live)
			time.Sleep(100 * time.Millisecond)
		}
		if n := p.packagers[0].asked("master.m3u8") - before; n > 8 {
			t.Errorf("the packager was asked %d times in 30 s", n)
		}
	})
}

// A browser sends its cookies to any host: they must not cost the playlist.
func TestAPlayerWithACookieHasAMultivariantPlaylistToo(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		if v := variantOf(t, p.get(master, "Cookie", "a=1")); v.URI != "playlist.m3u8" {
			t.Errorf("got %s", v.URI)
		}
	})
}
