package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/service"
)

// hanging holds each request for what begins so until its client goes, and counts those
// under way, and the most of them.
func hanging(prefix string, open, most *atomic.Int64) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, prefix) {
			return false
		}
		n := open.Add(1)
		defer open.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-r.Context().Done()
		return true
	}
}

// everyPackager changes what each packager answers.
func (p *platform) everyPackager(answers func(w http.ResponseWriter, r *http.Request) bool) {
	for _, one := range p.packagers {
		one.change(func(o *packager) { o.answers = answers })
	}
}

// leaveAfter asks for a path and goes after a while, or with the answer.
func (p *platform) leaveAfter(wait time.Duration, path string) (w *httptest.ResponseRecorder) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	w = httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			w.Code = 0
		}
	}()
	p.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
	return w
}

// Clients ask for made-up names and go at once: nobody else may notice, and of what was
// begun nothing goes on.
func TestAFloodOfClientsThatGoAtOnce(t *testing.T) {
	for _, prefix := range []string{"/live01/y", "/signals", "/hang/y"} {
		t.Run(prefix, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, p *platform) {
				var open, most atomic.Int64
				p.everyPackager(hanging(prefix, &open, &most))
				v := p.watch()
				time.Sleep(5 * time.Second)
				var flood sync.WaitGroup
				for i := range 2000 {
					flood.Go(func() { p.leaveAfter(10*time.Millisecond, fmt.Sprintf("%s%d.m4s?wait=20s", prefix, i)) })
					if i%20 == 0 {
						time.Sleep(10 * time.Millisecond)
					}
				}
				flood.Wait()
				time.Sleep(100 * time.Millisecond)
				if n := open.Load(); n != 0 {
					t.Errorf("everybody has gone: %d requests of packagers are under way, want none", n)
				}
				if n := most.Load(); n > 2*64 {
					t.Errorf("requests under way at once: got %d, want 64 of each packager at most", n)
				}
				time.Sleep(4 * time.Second)
				v.smooth(2400*time.Millisecond, 50*time.Millisecond)
				v.end()
				if list := p.failovers(); len(list) != 0 {
					t.Errorf("failovers: got %+v, want none", list)
				}
			})
		})
	}
}

// Whoever waits for what hangs holds so much and no more; what is on air does not notice.
func TestWhatNothingListsIsBounded(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		var open, most atomic.Int64
		p.everyPackager(hanging("/live01/y", &open, &most))
		v := p.watch()
		time.Sleep(5 * time.Second)
		var busy atomic.Int64
		var flood sync.WaitGroup
		for i := range 300 {
			flood.Go(func() {
				w := p.leaveAfter(5*time.Second, fmt.Sprintf("/live01/y%d.m4s", i))
				if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") != "" {
					busy.Add(1)
				}
			})
		}
		time.Sleep(4 * time.Second)
		if n := open.Load(); n > 2*64 || busy.Load() < 300-128 {
			t.Errorf("got %d requests of packagers and %d times 503, want 128 at most and the rest refused", n, busy.Load())
		}
		flood.Wait()
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
	})
}

func TestAbsentEverywhereIsFinalAndRemembered(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "nothing") {
				time.Sleep(300 * time.Millisecond) // so that the second is asked as well
			}
			return false
		})
		p.get(live)
		time.Sleep(2 * time.Second)
		asked := func(name string) int { return p.packagers[0].asked(name) + p.packagers[1].asked(name) }
		if took := p.expect("/live01/nothing.ts", 404); took > 700*time.Millisecond {
			t.Errorf("took %s, want one round", took)
		}
		for range 10 {
			if took := p.expect("/live01/nothing.ts", 404); took > 0 {
				t.Errorf("again: took %s, want it remembered", took)
			}
		}
		time.Sleep(15 * time.Second)
		if n := asked("nothing.ts"); n != 2 {
			t.Errorf("requests: got %d, want one of each packager", n)
		}
		p.expect("/live01/nothing.ts", 404)
		if n := asked("nothing.ts"); n != 4 {
			t.Errorf("later: got %d requests, want it asked for again", n)
		}
	})
}

func TestRefusalsCostNoConnection(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(status(404, "x.ts", "text/html", "<html>"+strings.Repeat("no such thing ", 500)))
		p.get(live)
		time.Sleep(2 * time.Second)
		before := p.wire.lookups("server1:80") + p.wire.lookups("server2:80")
		for i := range 100 {
			p.expect(fmt.Sprintf("/live01/%dx.ts", i), 404)
		}
		if n := p.wire.lookups("server1:80") + p.wire.lookups("server2:80") - before; n > 4 {
			t.Errorf("100 names that are missing: %d connections, want 4 at most", n)
		}
	})
}

// A packager that takes its time is waited for, as a plain proxy does.
func TestWhatAPackagerMakesWhenAskedForIsWaitedFor(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/vod/made.ts" {
				return false
			}
			time.Sleep(7 * time.Second)
			serveBytes(w, r, bodyOf(1, false), true)
			return true
		})
		p.expect("/vod/made.ts", 200)
	})
}

func TestAliasesOfAPlaylist(t *testing.T) {
	t.Run("percent-encoded ones are one", func(t *testing.T) {
		inBubble(t, 1, func(t *testing.T, p *platform) {
			for _, alias := range []string{live, "/%6cive01/playlist.m3u8", "/live01/%70laylist.m3u8", "/live01/./playlist.m3u8", "/x/../live01/playlist.m3u8", live + "?_HLS_msn=1"} {
				p.expect(alias, 200)
			}
			if n := len(p.service.all()); n != 1 {
				t.Errorf("followed: got %d playlists, want one", n)
			}
		})
	})
	t.Run("others displace nothing that is watched", func(t *testing.T) {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			v := p.watch()
			time.Sleep(7 * time.Second)
			watched := p.stream()
			for i := range 200 {
				p.expect(fmt.Sprintf("%s?x=%d", live, i), 200)
				time.Sleep(100 * time.Millisecond)
			}
			if p.stream() != watched {
				t.Error("the playlist that is watched was displaced")
			}
			if n := len(p.service.all()); n > p.config.Streams {
				t.Errorf("followed: got %d, want %d at most", n, p.config.Streams)
			}
			v.smooth(2400*time.Millisecond, 50*time.Millisecond)
			v.end()
		}, func(p *platform) { p.config.Streams = 20 })
	})
}

func TestMadeUpPlaylists(t *testing.T) {
	t.Run("that are missing cost one request each", func(t *testing.T) {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/x/") {
					return false
				}
				http.NotFound(w, r)
				return true
			})
			v := p.watch()
			time.Sleep(5 * time.Second)
			const names = 500
			for i := range names {
				p.expect(fmt.Sprintf("/x/%d.m3u8", i), 404)
				if i%50 == 0 {
					time.Sleep(100 * time.Millisecond)
				}
			}
			p.expect(live+"?new=1", 200)
			time.Sleep(3 * time.Second)
			for _, one := range p.packagers {
				if n := one.asked(".m3u8"); n > names {
					t.Errorf("%s: %d requests for %d names", one.name, n, names)
				}
			}
			v.smooth(2400*time.Millisecond, 50*time.Millisecond)
			v.end()
		})
	})
	t.Run("that hang are bounded and given up", func(t *testing.T) {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			var open, most atomic.Int64
			p.everyPackager(hanging("/hang/", &open, &most))
			v := p.watch()
			time.Sleep(5 * time.Second)
			var flood sync.WaitGroup
			for i := range 200 {
				flood.Go(func() { p.leaveAfter(2*time.Second, fmt.Sprintf("/hang/%d.m3u8", i)) })
			}
			time.Sleep(time.Second)
			if n := len(p.service.all()); n > unprovenMost+1 {
				t.Errorf("followed: got %d, want %d beside the live one", n, unprovenMost)
			}
			p.expect(live+"?new=1", 200)
			flood.Wait()
			time.Sleep(unprovenIdle + time.Second)
			if n := len(p.service.all()); n > 2 {
				t.Errorf("nobody waits: %d playlists are followed still, want 2 at most", n)
			}
			p.expect(live+"?new=2", 200)
			if p.service.find(live+"?new=2") == nil {
				t.Error("a new playlist finds no room though nobody waits for what hangs")
			}
			v.smooth(2400*time.Millisecond, 50*time.Millisecond)
			v.end()
		})
	})
}

// What packagers have beside media is not for players.
func TestPlayersSeeMediaOnly(t *testing.T) {
	const list = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n1.ts\n#EXT-X-ENDLIST\n"
	text := map[string]string{
		"/signals": `[{"name":"live01"}]`, "/metrics": "# HELP go_goroutines Number.\ngo_goroutines 7\n", "/healthz": "ok\n", "/": "<html>state",
		"/api/paths": `{"at":"10.0.0.7"}`, "/signals/live01": `{"at":"10.0.0.7"}`, "/secret": "a key is not this",
		"/site/player/": "<html>a page", "/steer": `{"VERSION":1}`, "/ch/list": list, "/list": list, "/captions": "WEBVTT\n\n",
		"/ch/playlist.m3u8": "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer?a=1\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n", "/ch/low.m3u8": list,
	}
	binary := map[string][]byte{"/film": packets(1, 50), "/key": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, "/ch/sealed": bytes.Repeat([]byte{0, 200, 7}, 999)}
	for _, c := range []struct {
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
	} {
		for _, public := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, public %t", c.name, public), func(t *testing.T) {
				inBubble(t, 2, func(t *testing.T, p *platform) {
					p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
						at := strings.ReplaceAll(r.URL.Path, "//", "/")
						if i := strings.Index(at, "/../"); i >= 0 { // some resolve what we do not
							at = at[i+3:]
						}
						at, _, _ = strings.Cut(at, ";")
						b, has := binary[at]
						if s, is := text[at]; is {
							b, has = []byte(s), true
							w.Header().Set("Content-Type", map[bool]string{true: "application/json", false: "text/plain"}[s[0] == '{' || s[0] == '['])
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

// What a packager says of its trouble under such a name is not for players either.
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

// A key at another host is players' to ask for, as a segment there is.
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
		if n := p.wire.lookups("elsewhere:80"); n != 0 {
			t.Errorf("the proxy connected to another host %d times", n)
		}
	})
}

// Whoever stops the proxy does not wait for what hangs.
func TestStoppingUnderAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := onAir(t, 2)
		var open, most atomic.Int64
		p.everyPackager(hanging("/hang/", &open, &most))
		p.get(live)
		var flood sync.WaitGroup
		for i := range 200 {
			flood.Go(func() { p.leaveAfter(20*time.Second, fmt.Sprintf("/hang/%d.m3u8", i)) })
			flood.Go(func() { p.leaveAfter(20*time.Second, fmt.Sprintf("/hang/%d.ts", i)) })
		}
		time.Sleep(time.Second)
		began := time.Now()
		p.stopProxy()
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %s, want it at once", took)
		}
		flood.Wait()
		for _, one := range p.packagers {
			one.die()
		}
	})
}

// socketed is a proxy on a real socket, in front of packagers on real ones.
func socketed(t *testing.T, packager http.HandlerFunc) (address string) {
	t.Helper()
	config := Config{CacheBytes: 1 << 30, Streams: 1000, Idle: time.Minute, Paths: service.Paths{State: t.TempDir()}}
	for range 2 {
		one := httptest.NewServer(packager)
		t.Cleanup(one.Close)
		config.Packagers = append(config.Packagers, one.URL)
	}
	s, err := newService(config, service.NewKit("proxy", service.Common{LogFormat: "text", LogLevel: "error"}, nil, io.Discard), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	router := mux.NewRouter().SkipClean(true)
	s.Routes(router)
	listener := fastpath.Listen(l, s.Answer, func(error) {})
	server := &http.Server{Handler: router, ConnState: listener.ConnState}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = s.Run(ctx) })
	work.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		cancel()
		_ = server.Close()
		listener.Break()
		work.Wait()
	})
	return l.Addr().String()
}

// Who has closed one half of the connection gets all of an answer or none: an empty one
// with the status 200 says that a segment is empty.
func TestHalfClosedRequestsAreAnsweredOrBrokenOff(t *testing.T) {
	for _, wait := range []time.Duration{0, 20 * time.Millisecond} {
		t.Run(wait.String(), func(t *testing.T) {
			address := socketed(t, func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(wait):
				case <-r.Context().Done():
				}
				http.NotFound(w, r)
			})
			var players sync.WaitGroup
			gate := make(chan struct{}, 20)
			for i := range 300 {
				gate <- struct{}{}
				players.Go(func() {
					defer func() { <-gate }()
					if err := halfClosed(address, fmt.Sprintf("/live01/nothing%d.m4s", i)); err != nil {
						t.Error(err)
					}
				})
			}
			players.Wait()
		})
	}
}

// halfClosed asks, closes its half, and holds what comes to being a whole answer, or
// nothing.
func halfClosed(address, path string) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		if n := net.Error(nil); errors.As(err, &n) && n.Timeout() {
			return fmt.Errorf("%s: nothing, and the connection stays: %w", path, err)
		}
		return nil // broken off
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil // broken off
	case res.StatusCode != http.StatusNotFound || len(b) == 0 || strconv.Itoa(len(b)) != res.Header.Get("Content-Length"):
		return fmt.Errorf("%s: got %d with %d bytes, want 404 with its text", path, res.StatusCode, len(b))
	}
	return nil
}

// Who says who asks is never given what is shared, however quickly that could be sent.
func TestWhatIsPrivateIsNotAnsweredDirectly(t *testing.T) {
	address := socketed(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".m3u8") {
			w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfor%s%s.ts\n#EXT-X-ENDLIST\n", r.Header.Get("Cookie"), r.Header.Get("Authorization"))
			return
		}
		_, _ = w.Write(packets(1, 20))
	})
	for _, c := range []struct{ name, value, want string }{
		{"", "", "for.ts"}, {"Cookie", "anna", "foranna.ts"}, {"Authorization", "bert", "forbert.ts"}, {"", "", "for.ts"},
	} {
		for range 3 {
			// A connection of its own: one that the routes have had is never answered directly again.
			transport := &http.Transport{}
			r, err := http.NewRequest(http.MethodGet, "http://"+address+"/ch/playlist.m3u8", nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.name != "" {
				r.Header.Set(c.name, c.value)
			}
			res, err := (&http.Client{Transport: transport}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			transport.CloseIdleConnections()
			if err != nil || !strings.Contains(string(b), "\n"+c.want+"\n") {
				t.Errorf("%s %s: got %v and %q, want %s in it", c.name, c.value, err, b, c.want)
			}
		}
	}
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

func TestTheLimitOfMemoryLeavesRoomForWhatIsNoMedia(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name            string
		media, stacks   int64
		atLeast, within int64
	}{
		{name: "few players", media: 1024 * mib, stacks: 4 * mib, atLeast: (1024 + 50) * mib, within: (1024 + 102) * mib},
		{name: "hardly any media", media: mib, stacks: 4 * mib, atLeast: 60 * mib, within: 128 * mib},
		{name: "20,000 who wait", media: 1024 * mib, stacks: 200 * mib, atLeast: (1024 + 600) * mib, within: 2048 * mib},
	} {
		if got := memoryLimit(c.media, c.stacks); got < c.atLeast || got > c.within {
			t.Errorf("%s: got %d MiB, want %d to %d", c.name, got/mib, c.atLeast/mib, c.within/mib)
		}
	}
	if got, least := (&Service{config: Config{CacheBytes: mib}}).MemoryLimit(), memoryLimit(mib, mib/16); got <= least {
		t.Errorf("of this process: got %d, want its stacks counted", got)
	}
}
