package proxy

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls/m3u8"
)

// Direct answers must be the same as those of the routes.
func TestWhatIsReadyIsWhatTheRoutesAnswer(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(10*time.Second + 500*time.Millisecond) // not as one is listed
		v.leave()
		ready := map[string]bool{live: true, "/live01/98.ts": true, "/live01/99.ts": true}
		for _, path := range []string{
			live, "/live01/98.ts", "/live01/99.ts", "/live01/nothing.ts", "/live01/nothing.m3u8", live + "?", live + "?_HLS_msn=1",
			"/live01/%398.ts", "/live01/../live01/98.ts", "//live01/98.ts", "/live01", "/", "", "/events", "/healthz",
		} {
			got := p.service.Answer([]byte(path))
			if (got != nil) != ready[path] {
				t.Errorf("%s: ready is %v, want %v", path, got != nil, ready[path])
			}
			if got == nil {
				continue
			}
			want := p.get(path)
			if string(got.Body()) != want.Body.String() {
				t.Errorf("%s: another body than the routes'", path)
			}
			length := want.Header().Get("Content-Length")
			want.Header().Del("Content-Length") // which a Response adds
			if diff := cmp.Diff(got.Header(), want.Header()); diff != "" || length == "" {
				t.Errorf("%s: header, ready -, the routes' + (of %s bytes):\n%s", path, length, diff)
			}
		}
	})
}

// A packager cannot take over the proxy's own routes by listing their names.
func TestWhatIsListedUnderTheNameOfARouteIsTheRoutes(t *testing.T) {
	names := []string{"healthz", "%72eadyz", "metrics?a.b", "events"}
	list := append([]string{"1.ts", "2.ts", "3.ts"}, names...)
	keys := []string{"/healthz", "/readyz", "/metrics?a.b", "/events"}
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(one *packager) {
			one.answers = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/playlist.m3u8" {
					return false
				}
				serveBytes(w, r, bodyOf(1, false), true)
				return true
			}
			one.deltas = func(l *m3u8.MediaPlaylist) {
				for i := range l.Segments {
					l.Segments[i].URI = list[(int(l.MediaSequence)+i)%len(list)]
				}
			}
		})
		p.get("/playlist.m3u8")
		time.Sleep(time.Second)
		p.get("/1.ts") // somebody plays it
		time.Sleep(10 * time.Second)
		for _, name := range keys {
			if o := p.service.streams.Cache().Get(name); o == nil || o.Ready() == nil {
				t.Errorf("%s: it was not fetched, so that nothing is tested", name)
			}
			if p.service.Answer([]byte(name)) != nil {
				t.Errorf("%s: the packager answers in place of our own route", name)
			}
		}
	})
}

// Players that are answered without the routes must keep the stream alive like any
// others.
func TestWhoIsAnsweredDirectlyKeepsTheStream(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.get(live)
		time.Sleep(2 * time.Second)
		st := p.stream()
		for range 4 {
			time.Sleep(p.config.Idle / 2)
			if p.service.Answer([]byte(live)) == nil || p.stream() != st {
				t.Fatal("the playlist is not followed any more, though it is asked for")
			}
		}
		segment := []byte(fmt.Sprintf("/live01/%d.ts", st.Shown().Last))
		p.get(string(segment))
		before := st.Watched()
		time.Sleep(time.Second)
		if p.service.Answer(segment) == nil || st.Watched().Equal(before) {
			t.Error("nobody seems to play the stream")
		}
	})
}
