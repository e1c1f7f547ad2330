package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/object"
)

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
			{"long gone", "/live01/3.ts", 200}, // these packagers have it still
			{"from the future", "/live01/9000.ts", 404},
			{"up", "/live01/../x.ts", 404},
			{"up, escaped", "/live01/%2e%2e/x.ts", 404},
			{"an escaped slash", "/live01%2fx.ts", 404},
			{"no number", live + "?_HLS_msn=x", 400},
			{"a negative one", live + "?_HLS_msn=-7", 400},
			{"far in the future", live + "?_HLS_msn=5000", 400},
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
		body, etag := bodyOf(99, false), object.ETagOf(bodyOf(99, false))
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
			p.service.streams.Cache().Drop(path)
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
		last := p.stream().Shown().Last
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
		if took := p.expect(fmt.Sprintf("%s?_HLS_msn=%d", live, last+2), 503); took != follow.HoldFor(segment) {
			t.Errorf("held for %s, want %s", took, follow.HoldFor(segment))
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
		if took := time.Since(began); took > follow.HoldFor(segment)+time.Second {
			t.Errorf("held for %s, want %s at the most", took, follow.HoldFor(segment))
		}
	})
}

func TestManyReadersAreOneRequest(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.packagers[0].change(func(o *packager) {
			o.answers = slowly(".ts", 100*time.Millisecond)
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
			o.answers = slowly("/98.ts", 150*time.Millisecond)
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
			t.Errorf("got %s, want up", v.State)
		}
	})
}

func TestABodyThatNobodyCompletesIsBrokenOff(t *testing.T) {
	for _, c := range []struct {
		name  string
		other http.HandlerFunc
	}{
		{"nobody else is there", nil},
		{"the other has other bytes", bytesOf(fakenet.Packets(7, 1000))},
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
					t.Errorf("rule whole body: got %v after %d of %d bytes, want it broken off", err, len(got), res.ContentLength)
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
		kill := p.wire.Serve("proxy", p.handler)
		defer kill()
		want := []int{len(bodyOf(98, false)), p.get(live).Body.Len()}
		for i, path := range []string{"/live01/98.ts", live} {
			conn, err := p.wire.Dial(t.Context(), "tcp", "proxy:80")
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
