package proxy

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// listed is the playlist as players get it; nil when the status is another.
func (p *platform) listed() (*m3u8.MediaPlaylist, int) {
	p.t.Helper()
	w := p.get("/live01/playlist.m3u8")
	if w.Code != http.StatusOK {
		return nil, w.Code
	}
	l, err := m3u8.ParseMedia(w.Body.Bytes())
	if err != nil {
		p.t.Fatalf("%v in\n%s", err, w.Body)
	}
	return l, w.Code
}

// within asks twice a second until the playlist is as wanted.
func (p *platform) within(limit time.Duration, what string, is func(*m3u8.MediaPlaylist, int) bool) *m3u8.MediaPlaylist {
	p.t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(500 * time.Millisecond) {
		l, status := p.listed()
		if is(l, status) {
			return l
		}
		if time.Now().After(end) {
			p.t.Fatalf("not within %s: %s; got status %d, %+v", limit, what, status, l)
		}
	}
}

// all changes every packager.
func (p *platform) all(by func(*packager)) {
	for _, one := range p.packagers {
		one.change(by)
	}
}

func TestASignalThatIsOverEndsThenGoesAndMayComeBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(p *platform) // once the end was seen
	}{
		{"at both packagers", func(*platform) {}},
		{"while one packager is down", func(p *platform) { p.packagers[0].die() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, p *platform) {
				before := p.within(10*time.Second, "on air", func(l *m3u8.MediaPlaylist, _ int) bool { return l != nil && len(l.Segments) > 3 })
				time.Sleep(10 * time.Second)
				newest := p.enc.newest()
				p.all(func(o *packager) { o.frozen, o.end = newest, true })
				ended := p.within(8*time.Second, "EXT-X-ENDLIST", func(l *m3u8.MediaPlaylist, _ int) bool { return l != nil && l.EndList })
				if got := ended.LastMSN(); got != newest {
					t.Errorf("it ends with %d, want %d", got, newest)
				}
				c.before(p)
				p.all(func(o *packager) { o.answers = status(404, "playlist.m3u8", "", "") })
				p.within(3*time.Second, "404", func(_ *m3u8.MediaPlaylist, status int) bool { return status == http.StatusNotFound })
				if files, _ := filepath.Glob(filepath.Join(p.config.Paths.State, "*", "*.json")); len(files) > 0 {
					t.Errorf("kept for the next incarnation: %v, want nothing", files)
				}
				for range 60 { // players that do not give up
					time.Sleep(500 * time.Millisecond)
					if _, status := p.listed(); status != http.StatusNotFound {
						t.Fatalf("got status %d, want 404 for as long as there is nothing", status)
					}
				}
				from := p.enc.newest() - 2
				p.all(func(o *packager) { o.answers, o.frozen, o.end, o.from = nil, 0, false, from })
				back := p.within(2*time.Second, "on air again", func(l *m3u8.MediaPlaylist, _ int) bool { return l != nil })
				if back.MediaSequence <= ended.LastMSN() || back.EndList {
					t.Errorf("back with %d to %d, ended %t, want numbers above %d and no end (%d before)",
						back.MediaSequence, back.LastMSN(), back.EndList, ended.LastMSN(), before.LastMSN())
				}
				v := p.watch()
				time.Sleep(10 * time.Second)
				v.leave()
				if now, _ := p.listed(); now == nil || now.LastMSN() < back.LastMSN()+3 {
					t.Errorf("10 s later: got %+v, want it to go on from %d", now, back.LastMSN())
				}
			})
		})
	}
}

// TestAnEndThatWasToldStays checks that EXT-X-ENDLIST is not taken back when the packagers go
// (RFC 8216, 6.2.1).
func TestAnEndThatWasToldStays(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.within(10*time.Second, "on air", func(l *m3u8.MediaPlaylist, _ int) bool { return l != nil && len(l.Segments) > 3 })
		newest := p.enc.newest()
		p.all(func(o *packager) { o.frozen, o.end = newest, true })
		p.within(8*time.Second, "EXT-X-ENDLIST", func(l *m3u8.MediaPlaylist, _ int) bool { return l != nil && l.EndList })
		for _, one := range p.packagers {
			one.die()
		}
		for range 20 {
			time.Sleep(500 * time.Millisecond)
			if l, status := p.listed(); l == nil || !l.EndList {
				t.Fatalf("without packagers: got status %d, %+v, want the ended playlist", status, l)
			}
		}
	})
}
