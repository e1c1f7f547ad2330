package access

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/token"
)

const body = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\n1.ts\n#EXTINF:2,\n2.ts?a=b\n#EXTINF:2,\nhttp://elsewhere/live01/3.ts\n#EXTINF:2,\n/other/4.ts\n#EXTINF:2,\n//host/live01/5.ts\n#EXTINF:2,\n/live01/6.ts#f\n"

// withToken is body for a player with the token T.
const withToken = "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4?playback=T\"\n#EXTINF:2,\n1.ts?playback=T\n#EXTINF:2,\n2.ts?a=b&playback=T\n#EXTINF:2,\nhttp://elsewhere/live01/3.ts\n#EXTINF:2,\n/other/4.ts\n#EXTINF:2,\n//host/live01/5.ts\n#EXTINF:2,\n/live01/6.ts?playback=T#f\n"

// fake is a Player that notes what it is asked for.
type fake struct {
	asked   []string
	cookies []string
	heard   []string
	ready   map[string]*fastpath.Response
}

func newFake() *fake {
	playlist := http.Header{"Content-Type": {"application/vnd.apple.mpegurl"}, "Etag": {`"p"`}}
	return &fake{ready: map[string]*fastpath.Response{
		"/live01/playlist.m3u8": fastpath.NewResponse(playlist, []byte(body)),
		"/live01/1.ts":          fastpath.NewResponse(http.Header{"Content-Type": {"video/mp2t"}}, []byte("media")),
		"/live01/1.ts?a=b":      fastpath.NewResponse(http.Header{"Content-Type": {"video/mp2t"}}, []byte("media a=b")),
	}}
}

func (f *fake) Answer(target []byte) *fastpath.Response {
	f.asked = append(f.asked, string(target))
	return f.ready[string(target)]
}

func (f *fake) Hear(target []byte, _ [][]byte) { f.heard = append(f.heard, string(target)) }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked, f.cookies = append(f.asked, r.RequestURI), append(f.cookies, r.Header.Get("Cookie"))
	if r.URL.RequestURI() != r.RequestURI {
		panic(fmt.Sprintf("two targets: %s and %s", r.URL, r.RequestURI))
	}
	res := f.ready[r.RequestURI]
	if res == nil {
		http.NotFound(w, r)
		return
	}
	for name, values := range res.Header() {
		w.Header()[name] = values
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(res.Body())))
}

// guarded is a guard of a fake with one key.
func guarded(t *testing.T) (*Guard, *fake, token.Keys) {
	t.Helper()
	var keys token.Keys
	if err := keys.UnmarshalText([]byte("k:0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	f := newFake()
	return New(keys, f), f, keys
}

func serve(h http.Handler, method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// refused are requests that must not be answered. T is a token for live01, X one that has
// expired.
var refused = []struct{ name, target, want string }{
	{"no token", "/live01/playlist.m3u8", "needed"},
	{"no token, a segment", "/live01/1.ts", "needed"},
	{"an empty one", "/live01/1.ts?playback=", "not valid"},
	{"a wrong one", "/live01/1.ts?playback=k.1.x", "not valid"},
	{"an expired one", "/live01/1.ts?playback=X", "expired"},
	{"another signal", "/live02/1.ts?playback=T", "not valid"},
	{"another signal, expired", "/live02/1.ts?playback=X", "not valid"},
	{"at the top", "/1.ts?playback=T", "not valid"},
	{"an empty element first", "//live01/1.ts?playback=T", "not valid"},
	{"beside it, by dots", "/live01/../live02/1.ts?playback=T", "not valid"},
	{"beside it, by escaped dots", "/live01/%2e%2e/live02/1.ts?playback=T", "not valid"},
	{"beside it, by an escaped slash", "/live01/..%2flive02/1.ts?playback=T", "not valid"},
	{"beside it, by an escaped backslash", "/live01/..%5clive02/1.ts?playback=T", "not valid"},
	{"beside it, escaped twice", "/live01/%252e%252e/live02/1.ts?playback=T", "not valid"},
	{"beside it, with a parameter", "/live01/..;/live02/1.ts?playback=T", "not valid"},
	{"in a name that is escaped", "/live01/1.ts?play%62ack=T", "needed"},
	{"as another argument", "/live01/1.ts?token=T", "needed"},
	{"a wrong one before it", "/live02/1.ts?playback=k.1.x&playback=T", "not valid"},
}

func TestRefusals(t *testing.T) {
	g, f, keys := guarded(t)
	fill := strings.NewReplacer("playback=T", "playback="+keys.Sign("live01", time.Now().Add(time.Hour)),
		"playback=X", "playback="+keys.Sign("live01", time.Now().Add(-time.Second)), "ack=T", "ack="+keys.Sign("live01", time.Now().Add(time.Hour)))
	for _, c := range refused {
		target := fill.Replace(c.target)
		res := serve(g, http.MethodGet, target, "Origin", "http://site")
		text := read(t, res)
		if res.StatusCode != http.StatusForbidden || !strings.Contains(text, c.want) || res.Header.Get("Access-Control-Allow-Origin") != "http://site" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d, %s, %v, want 403, %q for every site", c.name, res.StatusCode, text, res.Header, c.want)
		}
		if ready := g.Answer([]byte(target)); ready != nil && (!strings.Contains(string(ready.Body()), c.want) || ready.Header().Get("Access-Control-Allow-Origin") != "*") {
			t.Errorf("%s: ready is %s, %v, want %q", c.name, ready.Body(), ready.Header(), c.want)
		}
		if len(f.asked) > 0 {
			t.Fatalf("%s: the player was asked for %s", c.name, f.asked)
		}
	}
	for _, target := range []string{"/live01/playlist.m3u8", "/live02/1.ts?playback=" + keys.Sign("live01", time.Now().Add(time.Hour))} {
		if g.Answer([]byte(target)) == nil {
			t.Errorf("%s: it is refused by the routes alone, want at once", target)
		}
	}
}

func TestAWayInIsTakenOutOfTheRequest(t *testing.T) {
	g, f, keys := guarded(t)
	has := keys.Sign("live01", time.Now().Add(time.Hour))
	for _, c := range []struct{ target, asked string }{
		{"/live01/1.ts?playback=" + has, "/live01/1.ts"},
		{"/live01/1.ts?a=b&playback=" + has, "/live01/1.ts?a=b"},
		{"/live01/1.ts?playback=" + has + "&a=b", "/live01/1.ts?a=b"},
	} {
		f.asked = nil
		if res := g.Answer([]byte(c.target)); res == nil || !strings.HasPrefix(string(res.Body()), "media") {
			t.Errorf("%s: it is not ready", c.asked)
		}
		if res := serve(g, http.MethodGet, c.target); res.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d", c.asked, res.StatusCode)
		}
		if g.Hear([]byte(c.target), nil); len(f.asked) != 2 || f.asked[0] != c.asked || f.asked[1] != c.asked || f.heard[len(f.heard)-1] != c.asked {
			t.Errorf("%s: asked for %q, heard of %q", c.asked, f.asked, f.heard)
		}
	}
	f.asked = nil
	serve(g, http.MethodGet, "/live01/1.ts?playback=x&playback="+has+"&playback_cookie="+has)
	if len(f.asked) != 1 || f.asked[0] != "/live01/1.ts" {
		t.Errorf("several: asked for %q", f.asked)
	}
	if res := serve(g, http.MethodOptions, "/live01/1.ts"); res.StatusCode == http.StatusForbidden {
		t.Error("a preflight is refused: it cannot have a cookie")
	}
}

func TestACookieLetsPlay(t *testing.T) {
	g, f, keys := guarded(t)
	has := keys.Sign("live01", time.Now().Add(time.Hour))
	for _, c := range []struct {
		name, cookie, left string
		ready, ok          bool
	}{
		{"alone", "playback=" + has, "", true, true},
		{"with others", "a=1; playback=" + has + "; b=2", "a=1; b=2", false, true},
		{"after an old one", "playback=x; playback=" + has, "", false, true},
		{"of another name", "playbacks=" + has, "", false, false},
		{"wrong", "playback=k.1.x", "", true, false},
	} {
		f.asked, f.cookies = nil, nil
		res := g.AnswerCookie([]byte("/live01/1.ts"), []byte(c.cookie))
		if c.ready != (res != nil) {
			t.Errorf("%s: ready is %t, want %t", c.name, res != nil, c.ready)
		} else if c.ready && c.ok != (string(res.Body()) == "media") {
			t.Errorf("%s: ready is %s", c.name, res.Body())
		}
		f.asked = nil
		got := serve(g, http.MethodGet, "/live01/1.ts", "Cookie", c.cookie)
		if (got.StatusCode == http.StatusOK) != c.ok {
			t.Errorf("%s: got %d, want it to play: %t", c.name, got.StatusCode, c.ok)
		}
		if c.ok && (f.cookies[0] != c.left || f.asked[0] != "/live01/1.ts") {
			t.Errorf("%s: passed %q and %q, want %q", c.name, f.asked, f.cookies, c.left)
		}
	}
	if res := serve(g, http.MethodGet, "/live01/playlist.m3u8", "Cookie", "playback="+has); read(t, res) != body {
		t.Error("a playlist for a player with a cookie is not the one of all others")
	}
	if res := g.AnswerCookie([]byte("/live02/1.ts"), []byte("playback="+has)); res == nil || !strings.Contains(string(res.Body()), "not valid") {
		t.Error("another signal is not refused")
	}
}

func TestACookieIsSet(t *testing.T) {
	g, _, keys := guarded(t)
	has := keys.Sign("live01", time.Now().Add(time.Hour))
	if g.Answer([]byte("/live01/playlist.m3u8?playback_cookie="+has)) != nil {
		t.Error("it is ready, without a cookie")
	}
	res := serve(g, http.MethodGet, "/live01/playlist.m3u8?playback_cookie="+has)
	cookies := res.Cookies()
	if read(t, res) != body || res.Header.Get("Cache-Control") != "no-store" || len(cookies) != 1 {
		t.Fatalf("got %d, %v", res.StatusCode, res.Header)
	}
	if c := cookies[0]; c.Name != "playback" || c.Value != has || c.Path != "/live01/" || !c.HttpOnly || c.MaxAge < 3500 || c.MaxAge > 3600 {
		t.Errorf("got %v", c)
	}
	w := httptest.NewRecorder()
	g.Invite(w, httptest.NewRequest(http.MethodGet, "https://proxy/watch/live01?playback="+has, nil), "live01")
	if c := w.Result().Cookies(); len(c) != 1 || c[0].Path != "/live01/" || !c[0].Secure || c[0].SameSite != http.SameSiteNoneMode {
		t.Errorf("with TLS: got %v", c)
	}
	w = httptest.NewRecorder()
	g.Invite(w, httptest.NewRequest(http.MethodGet, "/watch/live02?playback="+has, nil), "live02")
	if c := w.Result().Cookies(); len(c) != 0 {
		t.Errorf("another signal: got %v, want none", c)
	}
}

// A playlist is the same whether it is ready or the routes answer it.
func TestAPlaylistCarriesTheTokenOfItsPlayer(t *testing.T) {
	g, f, keys := guarded(t)
	for _, has := range []string{keys.Sign("live01", time.Now().Add(time.Hour)), keys.Sign("live01", time.Now().Add(2*time.Hour))} {
		target, want := "/live01/playlist.m3u8?playback="+has, strings.ReplaceAll(withToken, "=T", "="+has)
		ready := g.Answer([]byte(target))
		if ready == nil || string(ready.Body()) != want {
			t.Fatalf("ready: got\n%s\nwant\n%s", ready.Body(), want)
		}
		res := serve(g, http.MethodGet, target)
		etag := res.Header.Get("ETag")
		if got := read(t, res); got != want || res.Header.Get("Content-Length") != fmt.Sprint(len(want)) || etag != `"p-`+has[len(has)-12:]+`"` {
			t.Errorf("got %v\n%s", res.Header, got)
		}
		for _, c := range []struct {
			name   string
			header []string
			status int
			body   string
		}{
			{"who has it", []string{"If-None-Match", etag}, http.StatusNotModified, ""},
			{"who has the one of all others", []string{"If-None-Match", `"p"`}, http.StatusOK, want},
			{"a range", []string{"Range", "bytes=0-"}, http.StatusOK, want},
			{"a part", []string{"Range", "bytes=1-5"}, http.StatusOK, want},
		} {
			res := serve(g, http.MethodGet, target, c.header...)
			if got := read(t, res); res.StatusCode != c.status || got != c.body || res.Header.Get("ETag") != etag {
				t.Errorf("%s: got %d, %v, %q", c.name, res.StatusCode, res.Header, got)
			}
		}
		if res := serve(g, http.MethodHead, target); res.StatusCode != http.StatusOK || res.Header.Get("ETag") != etag || res.Header.Get("Content-Length") != "" {
			t.Errorf("HEAD: got %d, %v", res.StatusCode, res.Header)
		}
	}
	if got := f.ready["/live01/playlist.m3u8"].Body(); string(got) != body {
		t.Errorf("the playlist of all players has changed: %s", got)
	}
}

func BenchmarkAnswer(b *testing.B) {
	var keys token.Keys
	if err := keys.UnmarshalText([]byte("k:0123456789abcdef")); err != nil {
		b.Fatal(err)
	}
	f := newFake()
	g := New(keys, f)
	has := keys.Sign("live01", time.Now().Add(time.Hour))
	for name, target := range map[string]string{
		"playlist": "/live01/playlist.m3u8?playback=" + has, "segment": "/live01/1.ts?playback=" + has, "refused": "/live02/1.ts?playback=" + has,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.asked = f.asked[:0]
				if g.Answer([]byte(target)) == nil {
					b.Fatal("not ready")
				}
			}
		})
	}
}
