package proxy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/timeline"
)

// inBubble runs a test on a platform, in fake time.
func inBubble(t *testing.T, packagers int, test func(t *testing.T, p *platform), changes ...func(*platform)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := onAir(t, packagers, changes...)
		defer p.end()
		test(t, p)
	})
}

// expect asks and compares the status; it returns how long the answer took.
func (p *platform) expect(path string, status int, headers ...string) time.Duration {
	p.t.Helper()
	began := time.Now()
	if w := p.get(path, headers...); w.Code != status {
		p.t.Errorf("%s %v: got status %d %s, want %d", path, headers, w.Code, w.Body, status)
	}
	return time.Since(began)
}

func TestWhatNobodyHasIsRefusedAtOnce(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(o *packager) { o.answers = status(404, "nothing.m3u8", "", "") })
		p.packagers[1].change(func(o *packager) { o.answers = status(404, "nothing.m3u8", "", "") })
		v := p.watch()
		time.Sleep(5100 * time.Millisecond)
		for _, c := range []struct {
			name, path string
			status     int
		}{
			{"a playlist that no packager has", "/live01/nothing.m3u8", 404},
			{"a name that no playlist lists", "/live01/x.ts", 404},
			{"case 13: long gone", "/live01/3.ts", 200}, // these packagers have it still
			{"case 14: from the future", "/live01/9000.ts", 404},
			{"case 37: up", "/live01/../x.ts", 404},
			{"case 37: up, escaped", "/live01/%2e%2e/x.ts", 404},
			{"case 37: an escaped slash", "/live01%2fx.ts", 404},
			{"case 37: no number", live + "?_HLS_msn=x", 400},
			{"case 37: a negative one", live + "?_HLS_msn=-7", 400},
			{"case 37: far in the future", live + "?_HLS_msn=5000", 400},
		} {
			if took := p.expect(c.path, c.status); took > 20*time.Millisecond {
				t.Errorf("%s: took %s, want it at once", c.name, took)
			}
		}
		v.end()
	})
}

func TestAnswersAreTheSameWhicheverPackagerServed(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(o *packager) { o.noETag = true })
		p.get(live)
		time.Sleep(time.Second)
		path := "/live01/99.ts"
		body, etag := bodyOf(99, false), fetch.ETagOf(bodyOf(99, false))
		for range 2 {
			w := p.get(path)
			if !bytes.Equal(w.Body.Bytes(), body) || w.Header().Get("ETag") != etag || w.Header().Get("Content-Type") != "video/mp2t" ||
				!strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("X-Packager") == "" {
				t.Errorf("GET: got %d bytes and %v", w.Body.Len(), w.Header())
			}
			if w := p.ask(http.MethodHead, path); w.Code != 200 || w.Header().Get("Content-Length") != strconv.Itoa(len(body)) || w.Body.Len() > 0 || w.Header().Get("ETag") != etag {
				t.Errorf("HEAD: got %d, %v", w.Code, w.Header())
			}
			if w := p.get(path, "Range", "bytes=100-199"); w.Code != 206 || !bytes.Equal(w.Body.Bytes(), body[100:200]) || w.Header().Get("Content-Range") != fmt.Sprintf("bytes 100-199/%d", len(body)) {
				t.Errorf("Range: got %d, %v", w.Code, w.Header())
			}
			p.expect(path, 206, "Range", "bytes=100-", "If-Range", etag)
			p.expect(path, 200, "Range", "bytes=100-", "If-Range", `"other"`)
			p.expect(path, 416, "Range", fmt.Sprintf("bytes=%d-", len(body)))
			p.expect(path, 304, "If-None-Match", etag)
			p.expect(path, 412, "If-Match", `"other"`)
			p.packagers[0].die() // and the same from the other, fetched anew
			p.service.cache.Drop(path)
			time.Sleep(time.Second)
		}
		w := p.get(live)
		if w.Header().Get("Content-Type") != "application/vnd.apple.mpegurl" || w.Header().Get("X-Packager") != two {
			t.Errorf("playlist: got %v, want it from %s", w.Header(), two)
		}
		p.expect(live, 304, "If-None-Match", w.Header().Get("ETag"))
		if w := p.ask(http.MethodHead, live); w.Code != 200 || w.Body.Len() > 0 {
			t.Errorf("HEAD of the playlist: got %d", w.Code)
		}
		if w := p.ask(http.MethodOptions, live); w.Code != 204 || w.Header().Get("Access-Control-Allow-Headers") == "" {
			t.Errorf("OPTIONS: got %d, %v", w.Code, w.Header())
		}
		p.packagers[1].die()
	})
}

func TestBlockingReload(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.get(live)
		time.Sleep(500 * time.Millisecond)
		last := p.stream().shown.Load().Last
		began := time.Now()
		w := p.get(fmt.Sprintf("%s?_HLS_msn=%d", live, last+1))
		l, err := m3u8.ParseMedia(w.Body.Bytes())
		if err != nil || l.LastMSN() != last+1 {
			t.Fatalf("got %v and %s, want msn %d", err, w.Body, last+1)
		}
		if took := time.Since(began); took < time.Second || took > 1600*time.Millisecond {
			t.Errorf("took %s, want what is left of the segment", took)
		}
		for _, one := range p.packagers {
			one.die()
		}
		if took := p.expect(fmt.Sprintf("%s?_HLS_msn=%d", live, last+2), 503); took != holdFor(segment) {
			t.Errorf("held for %s, want %s", took, holdFor(segment))
		}
	})
}

func TestAFirstPlaylistIsHeldWhileNobodyAnswers(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		for _, one := range p.packagers {
			one.die()
		}
		go func() {
			time.Sleep(3 * time.Second)
			p.packagers[1].start()
		}()
		if took := p.expect(live, 200); took < 3*time.Second || took > 3500*time.Millisecond {
			t.Errorf("held for %s, want until a packager is there", took)
		}
		p.packagers[1].die()
		p.expect(live, 200)
		began := time.Now()
		w := p.get("/live01/104.ts")
		if w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("what cannot be had: got %d, %v", w.Code, w.Header())
		}
		if took := time.Since(began); took > holdFor(segment)+time.Second {
			t.Errorf("held for %s, want %s at the most", took, holdFor(segment))
		}
	})
}

func TestManyReadersAreOneRequest(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(o *packager) {
			o.answers = func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, ".ts") {
					time.Sleep(100 * time.Millisecond)
				}
				return false
			}
		})
		p.get(live)
		time.Sleep(time.Second)
		var readers sync.WaitGroup
		for range 50 {
			readers.Go(func() { p.expect("/live01/98.ts", 200) })
		}
		readers.Wait()
		if got := p.packagers[0].asked("/98.ts") + p.packagers[0].asked("98.ts"); got != 1 {
			t.Errorf("requests of 98.ts: got %d, want 1", got)
		}
		for range 20 { // of the multitude that asks for the playlist packagers see nothing
			readers.Go(func() { p.expect(live, 200) })
		}
		readers.Wait()
	})
}

func TestASharedFetchGoesOnWithoutItsFirstReader(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(o *packager) {
			o.answers = func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "/98.ts") {
					time.Sleep(150 * time.Millisecond)
				}
				return false
			}
		})
		p.get(live)
		time.Sleep(time.Second)
		client, kill := p.player()
		defer kill()
		client.Timeout = 50 * time.Millisecond
		if res, err := client.Get("http://proxy/live01/98.ts"); err == nil {
			res.Body.Close()
			t.Fatal("want the player to give up")
		}
		p.expect("/live01/98.ts", 200)
		if got := p.packagers[0].asked("98.ts"); got != 1 {
			t.Errorf("requests: got %d, want 1", got)
		}
		if v := p.verdicts()[0]; v.State != report.Up {
			t.Errorf("case 36: got %s, want up", v.State)
		}
	})
}

// player puts the proxy on the wire and returns a client of it.
func (p *platform) player() (*http.Client, func()) {
	kill := p.wire.serve("proxy", p.handler)
	transport := &http.Transport{DialContext: p.wire.dial}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		kill()
	}
}

func TestABodyThatNobodyCompletesIsBrokenOff(t *testing.T) {
	for _, c := range []struct {
		name  string
		other http.HandlerFunc
	}{
		{"nobody else is there", nil},
		{"the other has other bytes", bytesOf(packets(7, 1000))},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, p *platform) {
				p.get(live)
				time.Sleep(time.Second)
				p.packagers[0].change(func(o *packager) {
					o.answers = func(w http.ResponseWriter, r *http.Request) bool {
						if !strings.HasSuffix(r.URL.Path, "/98.ts") {
							return false
						}
						b := bodyOf(98, false)
						w.Header().Set("Content-Length", strconv.Itoa(len(b)))
						_, _ = w.Write(b[:1000])
						_ = http.NewResponseController(w).Flush()
						time.Sleep(600 * time.Millisecond)
						panic(http.ErrAbortHandler)
					}
				})
				p.packagers[1].change(func(o *packager) {
					o.answers = func(w http.ResponseWriter, r *http.Request) bool {
						switch {
						case !strings.HasSuffix(r.URL.Path, "/98.ts"):
							return false
						case c.other != nil:
							time.Sleep(700 * time.Millisecond)
							c.other(w, r)
							return true
						}
						panic(http.ErrAbortHandler)
					}
				})
				client, kill := p.player()
				defer kill()
				res, err := client.Get("http://proxy/live01/98.ts")
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				got, err := io.ReadAll(res.Body)
				if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("rule 9: got %v after %d of %d bytes, want it broken off", err, len(got), res.ContentLength)
				}
				if !bytes.Equal(got, bodyOf(98, false)[:len(got)]) || len(got) == 0 {
					t.Errorf("got %d bytes, want the segment's first", len(got))
				}
			})
		})
	}
}

func TestAReaderThatDoesNotReadIsLetGo(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.get(live)
		time.Sleep(time.Second)
		kill := p.wire.serve("proxy", p.handler)
		defer kill()
		want := []int{len(bodyOf(98, false)), p.get(live).Body.Len()}
		for i, path := range []string{"/live01/98.ts", live} {
			conn, err := p.wire.dial(t.Context(), "tcp", "proxy:80")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n", path)
			time.Sleep(3 * fastpath.WriteLimit(0))
			n, err := io.Copy(io.Discard, bufio.NewReader(conn))
			if n >= int64(want[i]) {
				t.Errorf("%s: got %d bytes and %v after %s, want a broken connection", path, n, err, 3*fastpath.WriteLimit(0))
			}
		}
	})
}

func TestNumbersGoOnAfterARestart(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(5 * time.Second)
		for _, one := range p.packagers { // so that there is something to remember
			one.change(func(o *packager) { o.shift, o.from = o.enc.newest(), o.enc.newest() })
		}
		time.Sleep(26 * time.Second) // until it has slid out
		if v.last().DiscontinuitySequence == 0 {
			t.Fatalf("before: got\n%s", v.last().Encode())
		}
		v.leave()
		before := p.stream().shown.Load()
		p.stopProxy()
		p.startProxy()
		// A request may come before anything was read.
		w := p.get(live)
		if err := v.check.check(w.Body.Bytes()); err != nil {
			t.Errorf("after a restart: %v:\n%s\nafter\n%s", err, w.Body, before.Body)
		}
		p.await(time.Second, "ready", func() bool { ok, _ := p.service.Ready(); return ok })
		again := p.watch(v)
		time.Sleep(10 * time.Second)
		again.end()
		if got := again.last().LastMSN(); got < before.Last+4 {
			t.Errorf("newest msn: got %d, want more than %d", got, before.Last)
		}
		for _, s := range again.last().Segments {
			if !strings.HasPrefix(s.URI, "r1-") {
				t.Errorf("URI: got %s, want the second numbering's", s.URI)
			}
		}
	})
}

func TestARestoredPlaylistIsServedWhileAllPackagersAreDown(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(5 * time.Second)
		v.leave()
		p.stopProxy()
		for _, one := range p.packagers {
			one.die()
		}
		p.startProxy()
		if took := p.expect(live, 200); took > 10*time.Millisecond {
			t.Errorf("took %s, want it at once", took)
		}
		if ok, why := p.service.Ready(); ok || !strings.Contains(why, live) {
			t.Errorf("ready: got %t %q, want what it waits for", ok, why)
		}
		time.Sleep(restoreMost)
		if ok, why := p.service.Ready(); !ok {
			t.Errorf("ready after %s: got %q, want it", restoreMost, why)
		}
		for _, one := range p.packagers {
			one.start()
		}
		v = p.watch()
		time.Sleep(6 * time.Second)
		v.end()
	})
}

func TestAPlaylistIsDroppedWhenIdleAndBegunAgain(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(10 * time.Second)
		v.end()
		time.Sleep(p.config.Idle + time.Second)
		if p.stream() != nil {
			t.Error("want it dropped")
		}
		synctest.Wait()
		p.service.index.mu.Lock()
		listed := len(p.service.index.list)
		p.service.index.mu.Unlock()
		if total, n := p.service.cache.Sweep(time.Now()); n != 0 || total != 0 || listed != 0 {
			t.Errorf("left behind: %d objects of %d bytes, %d listed", n, total, listed)
		}
		polls := p.packagers[0].playlists()
		time.Sleep(10 * time.Second)
		if got := p.packagers[0].playlists(); got > polls {
			t.Errorf("packagers were asked %d times more, want none", got-polls)
		}
		v = p.watch()
		time.Sleep(10 * time.Second)
		v.end()
		p.service.mu.RLock()
		defer p.service.mu.RUnlock()
		if len(p.service.playlists) != 1 {
			t.Errorf("playlists: got %d, want 1", len(p.service.playlists))
		}
	})
}

func TestNothingGrowsOverHours(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		sizes := func() []int {
			_, objects := p.service.cache.Sweep(time.Now())
			f := p.stream().f
			f.step.Lock()
			sizes := f.state.Sizes(live)
			f.step.Unlock()
			p.service.index.mu.Lock()
			defer p.service.index.mu.Unlock()
			return append(sizes, len(p.service.index.list), objects)
		}
		v := p.watch()
		time.Sleep(40 * time.Second)
		before := sizes()
		for range 4 {
			p.packagers[0].die()
			time.Sleep(10 * time.Second)
			p.packagers[0].start()
			time.Sleep(20 * time.Second)
		}
		after := sizes()
		for i := range after {
			if after[i] > before[i]+2 {
				t.Errorf("fetches, uses, retired, entries, arrived, index, objects: got %v after %v", after, before)
				break
			}
		}
		v.end()
	}, withPolling)
}

// originOf answers as the origin does, with whom to prefer, and holds what waits.
func originOf(p *platform) (prefer func(string), kill func()) {
	var mu sync.Mutex
	active, changed := one, make(chan struct{})
	kill = p.wire.serve("origin", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tag, more := strconv.Quote(active), changed
		mu.Unlock()
		if r.URL.Query().Get("wait") != "" && r.Header.Get("If-None-Match") == tag {
			select {
			case <-more:
			case <-time.After(10 * time.Second):
				w.WriteHeader(http.StatusNotModified)
				return
			case <-r.Context().Done():
				return
			}
		}
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("ETag", strconv.Quote(active))
		_ = json.NewEncoder(w).Encode(report.Preference{Active: active})
	}))
	return func(packager string) {
		mu.Lock()
		defer mu.Unlock()
		active = packager
		close(changed)
		changed = make(chan struct{})
	}, kill
}

func TestThePreferenceIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var prefer func(string)
		var kill func()
		p := onAir(t, 2, func(p *platform) {
			p.config.Origins = []string{"http://origin"}
			prefer, kill = originOf(p)
		})
		defer p.end()
		v := p.watch()
		time.Sleep(5300 * time.Millisecond)
		for _, want := range []string{two, one, two} {
			prefer(want)
			p.await(100*time.Millisecond, "following "+want, func() bool { return p.get(live).Header().Get("X-Packager") == want })
			time.Sleep(5 * time.Second)
		}
		kill() // case 30
		time.Sleep(30 * time.Second)
		if got := p.get(live).Header().Get("X-Packager"); got != two {
			t.Errorf("without an origin: got %s, want the last word, %s", got, two)
		}
		list := p.failovers()
		if len(list) != 3 {
			t.Fatalf("failovers: got %+v, want 3", list)
		}
		for _, f := range list {
			if f.Saved != 0 || f.GapMS > 50 || !strings.Contains(f.Cause, "the origin prefers") {
				t.Errorf("got %+v, want one that the origin asked for and that nobody noticed", f)
			}
		}
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
	})
}

func TestAnOriginThatDoesNotHoldRequestsIsNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := 0
		var kill func()
		p := onAir(t, 1, func(p *platform) {
			p.config.Origins = []string{"http://origin"}
			kill = p.wire.serve("origin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				asked++
				w.Header().Set("ETag", fmt.Sprintf(`"%d"`, asked))
				_, _ = io.WriteString(w, `{"active":"http://server1"}`)
			}))
		})
		defer p.end()
		defer kill()
		p.get(live)
		time.Sleep(10 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if asked > 250 {
			t.Errorf("requests in 10 s: got %d, want few", asked)
		}
	})
}

func TestAFailoverTellsWhatPlayersSaw(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.get(live) // a playlist that nobody plays
		time.Sleep(5 * time.Second)
		p.packagers[0].die()
		time.Sleep(5 * time.Second)
		list := p.failovers()
		if len(list) != 1 || list[0].GapMS != -1 || list[0].Signal != "live01" || list[0].Saved != 0 || !strings.Contains(list[0].Cause, "connection refused") {
			t.Fatalf("nobody waited: got %+v, want one with gap -1", list)
		}
		p.packagers[0].start()
		time.Sleep(5 * time.Second)
		// Each segment takes 150 ms, and the packager dies while a player waits for one.
		for _, one := range p.packagers {
			one.change(func(o *packager) {
				o.answers = func(_ http.ResponseWriter, r *http.Request) bool {
					if strings.HasSuffix(r.URL.Path, ".ts") {
						time.Sleep(150 * time.Millisecond)
					}
					return false
				}
			})
		}
		v := p.watch()
		time.Sleep(10 * time.Second)
		p.service.cache.Drop("/live01/" + p.packagers[0].media(p.stream().shown.Load().Last))
		go func() {
			time.Sleep(100 * time.Millisecond)
			p.packagers[1].die()
		}()
		p.expect("/live01/"+p.packagers[0].media(p.stream().shown.Load().Last), 200)
		time.Sleep(6 * time.Second)
		list = p.failovers()
		if len(list) != 2 || list[1].GapMS < 200 || list[1].GapMS > 400 || list[1].Saved < 1 || list[1].MSNAfter <= list[1].MSNBefore {
			t.Errorf("a player waited 250 ms: got %+v, want a second one that says so", list)
		}
		v.end()
	})
}

func TestEvents(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		if got := p.get("/events").Body.String(); got != "[]\n" {
			t.Errorf("none: got %s, want []", got)
		}
		client, kill := p.player()
		defer kill()
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://proxy/events", nil)
		r.Header.Set("Accept", "text/event-stream")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		p.service.tell(event.Failover{Signal: "live01", From: one, To: two, Cause: "a reason", GapMS: 3.5})
		lines := bufio.NewScanner(res.Body)
		var got []string
		for lines.Scan() && lines.Text() != "" {
			got = append(got, lines.Text())
		}
		if len(got) != 3 || got[0] != "id: 1" || got[1] != "event: failover" || !strings.Contains(got[2], `"gap_ms":3.5`) {
			t.Errorf("server-sent event: got %q", got)
		}
		for range 2 * eventsMost {
			p.service.tell(event.Failover{Signal: "live01"})
		}
		list := p.failovers()
		if len(list) != eventsMost || list[0].ID != eventsMost+2 {
			t.Errorf("events: got %d from %d, want the last %d", len(list), list[0].ID, eventsMost)
		}
		w := httptest.NewRecorder()
		again := httptest.NewRequest(http.MethodHead, "/events", nil)
		again.Header.Set("Accept", "text/event-stream")
		p.handler.ServeHTTP(w, again) // must return
	})
}

func TestMadeUpNamesKeepNobodyOut(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		nothing := func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/playlist.m3u8") {
				return false
			}
			http.NotFound(w, r)
			return true
		}
		for _, one := range p.packagers {
			one.change(func(o *packager) { o.answers = nothing })
		}
		for i := range 20 {
			p.expect(fmt.Sprintf("/made/up%d.m3u8", i), 404)
		}
		p.expect(live, 200)
	}, func(p *platform) { p.config.Streams = 10 })
}

func TestMoreThanTheAllowedPlaylistsAreForwarded(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.expect("/a/playlist.m3u8", 200)
		p.expect("/b/playlist.m3u8", 200)
		p.expect("/c/playlist.m3u8", 200) // as a plain proxy has it
		if len(p.service.playlists) != 2 {
			t.Errorf("followed: got %d, want 2", len(p.service.playlists))
		}
		p.expect("/a/playlist.m3u8", 200)
	}, func(p *platform) { p.config.Streams = 2 })
}

// What is at another host players ask that host for, and nobody else does.
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
		if n := p.wire.lookups("elsewhere:80"); n != 0 {
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
			o.answers = func(http.ResponseWriter, *http.Request) bool {
				time.Sleep(20 * time.Millisecond)
				return false
			}
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
		p.service.mu.Lock() // the second one is dropped
		p.service.remove(p.service.playlists["/live01/audio.m3u8"])
		p.service.mu.Unlock()
		time.Sleep(10 * time.Second)
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
	})
}

func TestOnlyValidBodiesAreKept(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.get(live)
		time.Sleep(300 * time.Millisecond)
		// Somebody asks for the next segment before it is listed, and it is rubbish.
		p.packagers[0].change(func(o *packager) { o.answers = status(200, "/101.ts", "video/mp2t", strings.Repeat("rubbish", 100)) })
		p.expect("/live01/101.ts", 200) // as a plain proxy has it
		p.packagers[0].change(func(o *packager) { o.answers = nil })
		v := p.watch()
		time.Sleep(6 * time.Second)
		v.end()
	})
}

func TestAnUnlistedNameIsFetchedOnceAndKeptBriefly(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		for range 5 {
			p.expect("/live01/50.ts", 200)
		}
		asked := func() int { return p.packagers[0].asked("50.ts") + p.packagers[1].asked("50.ts") }
		if got := asked(); got != 1 {
			t.Errorf("requests: got %d, want 1", got)
		}
		time.Sleep(unlistedKept + 2*time.Second)
		p.expect("/live01/50.ts", 200)
		if got := asked(); got != 2 {
			t.Errorf("requests after %s: got %d, want 2", unlistedKept, got)
		}
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
		for _, s := range l.Segments { // rule 6
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

func TestStateSurvivesWhatIsNotItsOwn(t *testing.T) {
	s := openState(t.TempDir(), 7)
	long := "/" + strings.Repeat("x", 1000) + "/playlist.m3u8"
	good := saved{At: time.Now()}
	good.Key, good.Line.Head.TargetDuration, good.Line.Entries = long, 2, []timeline.Entry{{MSN: 1}}
	old := good
	old.Key, old.At = "/old.m3u8", time.Now().Add(-time.Hour)
	for _, v := range []saved{good, old} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		s.put(v.Key, b)
	}
	s.put("/bad.m3u8", []byte("{"))
	s.put("/none.m3u8", []byte("{}"))
	s.flush(nil)
	list, err := s.read(time.Now())
	if err == nil || !strings.Contains(err.Error(), "bad") {
		t.Errorf("got %v, want the file that cannot be read", err)
	}
	if len(list) != 1 || list[0].Key != long {
		t.Errorf("got %d, want the good one", len(list))
	}
	if again, err := s.read(time.Now()); err != nil || len(again) != 1 {
		t.Errorf("again: got %d and %v, want the rest removed", len(again), err)
	}
}

func TestTheProxyAlone(t *testing.T) {
	c, err := ConfigFromEnv(map[string]string{"ORIGIN_URL": "none", "PACKAGERS": "http://a,http://b", "STATE_PATH": t.TempDir(), "HOME": t.TempDir()})
	if err != nil || len(c.Origins) != 0 || !slices.Equal([]string(c.Packagers), []string{"http://a", "http://b"}) {
		t.Errorf("got %v, %v and %v", c.Origins, c.Packagers, err)
	}
}

func TestARestartIsNoFailover(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		// The second one is active, and the slower one to answer.
		p.packagers[0].die()
		v := p.watch()
		time.Sleep(5 * time.Second)
		v.end()
		p.packagers[0].start()
		p.packagers[1].change(func(o *packager) {
			o.answers = func(http.ResponseWriter, *http.Request) bool {
				time.Sleep(20 * time.Millisecond)
				return false
			}
		})
		p.stopProxy()
		p.startProxy()
		time.Sleep(5 * time.Second)
		if got := p.get(live).Header().Get("X-Packager"); got != two {
			t.Errorf("active: got %s, want %s as before", got, two)
		}
		if list := p.failovers(); len(list) != 0 {
			t.Errorf("failovers: got %+v, want none", list)
		}
	})
}

func TestAPackagerProvesItselfBeforeItIsUsedAgain(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		// The first has to be asked: the other is slower to list what it has.
		p.packagers[1].change(func(o *packager) {
			o.answers = func(_ http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, ".m3u8") {
					time.Sleep(20 * time.Millisecond)
				}
				return false
			}
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
