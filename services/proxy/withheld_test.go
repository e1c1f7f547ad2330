package proxy

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/fakenet"
)

const withheldList = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n1.ts\n#EXT-X-ENDLIST\n"

// withheldTexts and withheldBytes are what lies at a packager, by path.
var withheldTexts = map[string]string{
	"/signals": `[{"name":"live01"}]`, "/metrics": "# HELP go_goroutines Number.\ngo_goroutines 7\n", "/healthz": "ok\n", "/": "<html>state",
	"/api/paths": `{"at":"10.0.0.7"}`, "/signals/live01": `{"at":"10.0.0.7"}`, "/secret": "a key is not this",
	"/site/player/": "<html>a page", "/steer": `{"VERSION":1}`, "/ch/list": withheldList, "/list": withheldList, "/captions": "WEBVTT\n\n",
	"/ch/playlist.m3u8": "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer?a=1\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n", "/ch/low.m3u8": withheldList,
}
var withheldBytes = map[string][]byte{"/film": fakenet.Packets(1, 50), "/key": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, "/ch/sealed": bytes.Repeat([]byte{0, 200, 7}, 999)}

// withheldCases are requests for what lies at a packager beside media.
var withheldCases = []struct {
	name, path   string
	want, public int
	method       string
	header       []string
}{
	{name: "an API", path: "/signals", want: 404},
	{name: "an API, with a query", path: "/signals?x=a.b", want: 404},
	{name: "metrics", path: "/metrics", want: 404},
	{name: "metrics, two slashes", path: "//metrics", want: 404},
	{name: "metrics, a dot", path: "/./metrics", want: 404},
	{name: "metrics, escaped", path: "/%6detrics", want: 404},
	{name: "metrics, an escaped slash", path: "/x.ts/..%2fmetrics", want: 404},
	{name: "metrics, a parameter", path: "/metrics;a.ts", want: 404},
	{name: "health", path: "/healthz", want: 404},
	{name: "the page at the top", path: "/", want: 404},
	{name: "text at the top", path: "/secret", want: 404},
	{name: "an API below", path: "/api/paths", want: 404},
	{name: "one of our packagers' below", path: "/signals/live01", want: 404},
	{name: "an API, to one player", path: "/signals", want: 404, header: []string{"Cookie", "a=1"}},
	{name: "an API, with a right", path: "/metrics", want: 404, header: []string{"Authorization", "Bearer t"}},
	{name: "a part of it", path: "/signals", want: 404, header: []string{"Range", "bytes=2-9"}},
	{name: "all of it as a part", path: "/signals", want: 404, header: []string{"Range", "bytes=0-"}},
	{name: "its length", path: "/signals", want: 404, method: http.MethodHead},
	{name: "its length, to one player", path: "/signals", want: 404, method: http.MethodHead, header: []string{"Cookie", "a=1"}},

	{name: "a page that plays", path: "/site/player/", want: 200},
	{name: "a playlist", path: "/list", want: 200},
	{name: "a playlist below", path: "/ch/list", want: 200},
	{name: "a playlist, to one player", path: "/list", want: 200, header: []string{"Cookie", "a=1"}},
	{name: "captions", path: "/captions", want: 200},
	{name: "media", path: "/film", want: 200},
	{name: "media, to one player", path: "/film", want: 200, header: []string{"Cookie", "a=1"}},
	{name: "media, a part", path: "/film", want: 206, header: []string{"Range", "bytes=0-99"}},
	{name: "media, another part", path: "/film", want: 206, header: []string{"Range", "bytes=100-"}},
	{name: "a key", path: "/key", want: 200},
	{name: "enciphered media", path: "/ch/sealed", want: 200},
	{name: "what a playlist names", path: "/steer?_HLS_pathway=a", want: 200},
}

// Players get media and playlists, and nothing else that packagers have.
func TestPlayersSeeMediaOnly(t *testing.T) {
	for _, c := range withheldCases {
		for _, public := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, public %t", c.name, public), func(t *testing.T) {
				inBubble(t, 2, func(t *testing.T, p *platform) {
					p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
						at := strings.ReplaceAll(r.URL.Path, "//", "/")
						if i := strings.Index(at, "/../"); i >= 0 { // some resolve what we do not
							at = at[i+3:]
						}
						at, _, _ = strings.Cut(at, ";")
						b, has := withheldBytes[at]
						if s, is := withheldTexts[at]; is {
							b, has = []byte(s), true
							kind := "text/plain"
							if s[0] == '{' || s[0] == '[' {
								kind = "application/json"
							}
							w.Header().Set("Content-Type", kind)
						}
						if has {
							http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
						}
						return has
					})
					p.get("/ch/playlist.m3u8")
					method, want := c.method, c.want
					if method == "" {
						method = http.MethodGet
					}
					if public && want == 404 {
						if want = 200; c.header != nil && c.header[0] == "Range" {
							want = 206
						}
					}
					if w := p.ask(method, c.path, c.header...); w.Code != want || want == 404 && strings.Contains(w.Body.String(), "10.0.0.7") {
						t.Errorf("got %d %q, want %d", w.Code, w.Body, want)
					}
				}, func(p *platform) { p.config.Admin.Public = public })
			})
		}
	}
}

// Players get the status of a packager's error under such a name, and not its words.
func TestTroubleIsPassedWithoutItsWords(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.everyPackager(status(503, "/readyz", "text/plain", "10.0.0.7 is down"))
		for _, header := range [][]string{nil, {"Cookie", "a=1"}} {
			if w := p.get("/readyz", header...); w.Code != 503 || strings.Contains(w.Body.String(), "10.0.0.7") {
				t.Errorf("%v: got %d %q, want 503 without a word", header, w.Code, w.Body)
			}
		}
	})
}

func TestOperatorsHaveAnotherPortThanPlayers(t *testing.T) {
	for _, c := range []struct {
		admin string
		bad   bool
	}{{"8002", true}, {"8003", false}, {"none", false}, {"public", false}} {
		_, err := ConfigFromEnv(service.Environment{"PROXY_PORT": "8002", "PROXY_ADMIN": c.admin, "ORIGIN_URL": "none", "HOME": t.TempDir(), "STATE_PATH": t.TempDir(), "RUN_PATH": t.TempDir()})
		if (err != nil) != c.bad || c.bad && (!strings.Contains(err.Error(), "PROXY_ADMIN") || !strings.Contains(err.Error(), "PROXY_PORT=8002")) {
			t.Errorf("PROXY_ADMIN=%s: got %v", c.admin, err)
		}
	}
}
