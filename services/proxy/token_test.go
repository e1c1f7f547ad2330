package proxy

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/token"
)

// withKeys makes the proxy ask for tokens.
func withKeys(t *testing.T, keys *token.Keys) func(*platform) {
	t.Helper()
	if err := keys.UnmarshalText([]byte("k:0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	return func(p *platform) { p.config.Keys = *keys }
}

// TestATokenMakesNoOtherEntryAndNoRequest plays with many tokens.
func TestATokenMakesNoOtherEntryAndNoRequest(t *testing.T) {
	var keys token.Keys
	inBubble(t, 1, func(t *testing.T, p *platform) {
		var asked []string
		p.everyPackager(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Cookie") != "" || strings.Contains(r.URL.RawQuery, "playback") || strings.Contains(r.URL.Path, "live02") {
				asked = append(asked, r.URL.String())
			}
			return false
		})
		for i := range 20 {
			has := keys.Sign("live01", time.Now().Add(time.Duration(i+1)*time.Hour))
			w := p.get(live + "?playback=" + has)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), ".ts?playback="+has) {
				t.Fatalf("got %d, %s", w.Code, w.Body)
			}
			segment := ""
			for line := range strings.Lines(w.Body.String()) {
				if strings.Contains(line, ".ts") {
					segment = strings.TrimSpace(line)
				}
			}
			if w := p.get("/live01/" + segment); w.Code != http.StatusOK {
				t.Fatalf("%s: got %d", segment, w.Code)
			}
			if w := p.get("/live01/"+strings.TrimSuffix(segment, "?playback="+has), "Cookie", "playback="+has); w.Code != http.StatusOK {
				t.Fatalf("with a cookie: got %d", w.Code)
			}
			for _, refused := range []string{live, "/live02/playlist.m3u8?playback=" + has, "/live01/..%2flive02/playlist.m3u8?playback=" + has} {
				if w := p.get(refused); w.Code != http.StatusForbidden {
					t.Fatalf("%s: got %d", refused, w.Code)
				}
			}
			if p.service.Answer([]byte(live+"?playback="+has)) == nil {
				t.Fatal("a plain request with a token is not answered at once")
			}
		}
		if len(asked) > 0 {
			t.Errorf("packagers were asked for %q", asked)
		}
		if list := p.service.streams.All(); len(list) != 1 {
			t.Errorf("%d playlists are followed, want one", len(list))
		}
	}, withKeys(t, &keys))
}

func TestThePageAndHealthNeedNoToken(t *testing.T) {
	var keys token.Keys
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.expect("/watch/live01", http.StatusOK)
		p.expect("/events", http.StatusOK)
		has := keys.Sign("live01", time.Now().Add(time.Hour))
		if w := p.get("/watch/live01?playback=" + has); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Set-Cookie"), has) {
			t.Errorf("the page: got %d, %v, want a cookie", w.Code, w.Header())
		}
	}, withKeys(t, &keys), func(p *platform) { p.config.Page = true })
}
