package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/token"
)

// TestThePagePlaysWithATokenAlone runs its tests beside each other on a platform where
// only players with a token may play.
func TestThePagePlaysWithATokenAlone(t *testing.T) {
	t.Parallel()
	const secret = "k:0123456789abcdef"
	g := launch(t, "PLAYBACK_KEYS", secret)
	var keys token.Keys
	if err := keys.UnmarshalText([]byte(secret)); err != nil {
		t.Fatal(err)
	}
	signed := func(signal string, lasts time.Duration) string {
		return "?playback=" + keys.Sign(signal, time.Now().Add(lasts))
	}
	good := signed("live01", time.Hour)
	for name, test := range map[string]func(t *testing.T){
		"the page": func(t *testing.T) {
			b := g.open(t, g.base+"/watch/live01"+good, desktop, "dark", "")
			b.await(30*time.Second, "the picture moves", "noted.playing > 0 && document.getElementById('light').innerText.toLowerCase().includes('on air')")
			b.await(30*time.Second, "it is counted", "/^\\d+ player/.test(document.getElementById('audience').innerText)")
			b.wantClean(g.base)
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.cookies == 0 {
				t.Error("no request had the cookie, with which its other pages play")
			}
		},
		"in a frame of another site": func(t *testing.T) {
			g.wantPlayedInAFrame(t, g.base+"/embed/live01"+good, "")
		},
		"in a frame of another site, by the browser itself": func(t *testing.T) {
			b := g.open(t, g.base+"/embed/live01"+good, desktop, "dark", noHLS)
			var can bool
			if b.eval(nativeHLS, &can); !can {
				t.Skip("this Chromium does not play HLS by itself")
			}
			g.wantPlayedInAFrame(t, g.base+"/embed/live01"+good, noHLS)
		},
		"without one it says so": func(t *testing.T) {
			for query, want := range map[string]string{
				"":                             "plays only with a token",
				signed("live01", -time.Second): "has expired",
				signed("live02", time.Hour):    "not valid for live01",
			} {
				for _, how := range []string{"", noHLS} {
					b := g.open(t, g.base+"/watch/live01"+query, desktop, "dark", how)
					b.await(30*time.Second, want, fmt.Sprintf("document.getElementById('state').innerText.includes(%q) && document.getElementById('light').innerText.toLowerCase().includes('no access')", want))
					if list := b.asked(".m4s"); len(list) > 0 {
						t.Errorf("%s: it asks for segments: %v", want, list)
					}
					if query == "" && how == "" {
						b.wantReadable("true")
					}
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// wantPlayedInAFrame fails unless a URL plays in a frame of another site, by the token alone:
// browsers keep cookies from such a frame.
func (g *stage) wantPlayedInAFrame(t *testing.T, url, extra string) {
	t.Helper()
	b := g.open(t, siteWith(t, url), desktop, "dark", extra)
	b.awaitAsked(4, ".m4s")
	if list := b.asked("hls.min.js"); len(list) != 1 {
		t.Errorf("the frame is not seen: it asked for hls.js %d times", len(list))
	}
	if list := b.asked("CMCD="); (len(list) == 0) != (extra == noHLS) {
		t.Errorf("got %d reports of hls.js, which is there: %t", len(list), extra != noHLS)
	}
	for _, u := range b.asked(g.base + "/live01/") {
		if !strings.Contains(u, "playback=") {
			t.Errorf("a request without the token: %s", u)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cookies > 0 {
		t.Errorf("%d requests of the frame had a cookie, so that this shows nothing", b.cookies)
	}
	for _, c := range b.complaints {
		t.Errorf("the browser complains: %s", c)
	}
}
