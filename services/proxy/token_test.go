package proxy

import (
	"net/http"
	"net/http/httptest"
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

// TestEventsNeedATokenOfTheirSignal sends events of players of two signals.
func TestEventsNeedATokenOfTheirSignal(t *testing.T) {
	var keys token.Keys
	inBubble(t, 2, func(t *testing.T, p *platform) {
		has := func(signal string) string { return "playback=" + keys.Sign(signal, time.Now().Add(time.Hour)) }
		if w := p.get(live + "?" + has("live01") + "&CMCD=sid%3D%22a%22"); w.Code != http.StatusOK {
			t.Fatalf("got %d, %s", w.Code, w.Body)
		}
		const stall, begin, end = `{"sid":"a","sta":"r"}`, `{"sid":"b","cid":"live01"}`, `{"sid":"a","sta":"q"}`
		for _, c := range []struct {
			name, query, cookie, body string
			status, sessions, stalls  int
		}{
			{"no token", "", "", stall, 403, 1, 0},
			{"a wrong one", "playback=k.1.x", "", stall, 403, 1, 0},
			{"an expired one", "playback=" + keys.Sign("live01", time.Now().Add(-time.Second)), "", end, 403, 1, 0},
			{"of another signal", has("live02"), "", end, 403, 1, 0},
			{"of another signal, a session that was not heard", has("live02"), "", begin, 403, 1, 0},
			{"of another signal, which the event names", has("live02"), "", `{"sid":"a","cid":"live02","sta":"q"}`, 403, 1, 0},
			{"of its signal", has("live01"), "", stall, 204, 1, 1},
			{"of its signal, a session that was not heard", has("live01"), "", begin, 204, 2, 1},
			{"in a cookie", "", has("live01"), end, 204, 1, 0},
			{"of no signal that is followed", has("live09"), "", `{"sid":"c","cid":"live09"}`, 204, 1, 0},
		} {
			r := httptest.NewRequest(http.MethodPost, "/cmcd?"+c.query, strings.NewReader(c.body))
			r.Header.Set("Origin", "http://other.example")
			if c.cookie != "" {
				r.Header.Set("Cookie", c.cookie)
			}
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, r)
			stalls := 0
			a := audienceOf(t, p)
			for _, r := range a.Renditions {
				stalls += r.Stalls
			}
			if w.Code != c.status || a.Sessions != c.sessions || stalls != c.stalls || w.Header().Get("Access-Control-Allow-Origin") == "" {
				t.Errorf("%s: got %d %s, %+v, want %d, %d sessions and %d stalls", c.name, w.Code, w.Body, a, c.status, c.sessions, c.stalls)
			}
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
