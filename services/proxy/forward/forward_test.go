package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
)

// front starts a server that forwards requests to the others, and returns a player's
// client for it.
func front(r *fakenet.Servers, edit func(*http.Response) error) *http.Client {
	r.AtEnd(r.Net.Serve("front", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		Serve(w, q, r.Sources(q.URL.RequestURI()), edit)
	})))
	transport := &http.Transport{DialContext: r.Net.Dial, DisableCompression: true}
	r.AtEnd(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask asks the front; headers come in pairs.
func ask(t *testing.T, c *http.Client, method, target string, headers ...string) (*http.Response, []byte, error) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, "http://front"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.Do(q)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, b, err
}

func TestForwardPassesBothSidesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got http.Header
		r := fakenet.NewServers(func(w http.ResponseWriter, q *http.Request) {
			got = q.Header
			h := w.Header()
			h.Add("Set-Cookie", "a=1")
			h.Add("Set-Cookie", "b=2")
			h.Set("Cache-Control", "private")
			h.Set("Access-Control-Allow-Origin", "http://site")
			h.Set("Connection", "X-Hop")
			h.Set("X-Hop", "x")
			h.Set("Content-Type", "video/mp2t")
			fakenet.ServeBytes(w, q, fakenet.Body, true)
		})
		defer r.End()
		c := front(r, nil)
		res, b, err := ask(t, c, "GET", "/7.ts?token=x", "Cookie", "me=1", "Authorization", "Bearer x", "Range", "bytes=0-99", "Accept", "video/*", "Te", "trailers", "User-Agent", "player")
		if err != nil || res.StatusCode != 206 || !bytes.Equal(b, fakenet.Body[:100]) || res.Header.Get("Content-Range") != "bytes 0-99/188000" {
			t.Fatalf("got %v, %v, %d bytes, want the range", err, res, len(b))
		}
		for name, want := range map[string]string{"Cookie": "me=1", "Authorization": "Bearer x", "Accept": "video/*", "User-Agent": "player", "Te": "", "Accept-Encoding": ""} {
			if got.Get(name) != want {
				t.Errorf("the packager was told %s: %q, want %q", name, got.Get(name), want)
			}
		}
		for name, want := range map[string]string{"Cache-Control": "private", "Access-Control-Allow-Origin": "http://site", "X-Hop": "", "X-Packager": "http://server1", "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag, X-Packager"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("the player was told %s: %q, want %q", name, got, want)
			}
		}
		if got := res.Header["Set-Cookie"]; len(got) != 2 {
			t.Errorf("cookies: got %q, want both", got)
		}
		if res, b, err := ask(t, c, "GET", "/7.ts", "If-None-Match", object.ETagOf(fakenet.Body)); err != nil || res.StatusCode != 304 || len(b) > 0 {
			t.Errorf("a condition: got %v, %v, want 304", err, res)
		}
		if res, b, err := ask(t, c, "HEAD", "/7.ts"); err != nil || res.ContentLength != int64(len(fakenet.Body)) || len(b) > 0 {
			t.Errorf("HEAD: got %v, %v, want the length alone", err, res)
		}
		if res, b, err := ask(t, c, "GET", "/7.ts", "Range", "bytes=0-1,5-6"); err != nil || res.StatusCode != 206 || !strings.Contains(res.Header.Get("Content-Type"), "multipart") || len(b) == 0 {
			t.Errorf("two ranges: got %v, %v", err, res)
		}
	})
}

func TestForwardFailsOver(t *testing.T) {
	const ms = time.Millisecond
	slowly := func(w http.ResponseWriter, q *http.Request) {
		select {
		case <-time.After(1500 * ms):
			fakenet.Whole(w, q)
		case <-q.Context().Done():
		}
	}
	trouble := func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Retry-After", "3")
		fakenet.Says(503, "", "in trouble")(w, q)
	}
	for _, c := range []struct {
		name    string
		servers []http.HandlerFunc
		status  int
		from    string // empty: the answer is ours
		took    time.Duration
	}{
		{"well", []http.HandlerFunc{fakenet.Whole, fakenet.Whole}, 200, "server1", 0},
		{"down", []http.HandlerFunc{nil, fakenet.Whole}, 200, "server2", 0},
		{"breaks off before it answers", []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, fakenet.Whole}, 200, "server2", 0},
		{"502", []http.HandlerFunc{fakenet.Says(502, "", ""), fakenet.Whole}, 200, "server2", 0},
		{"429", []http.HandlerFunc{fakenet.Says(429, "", ""), fakenet.Whole}, 200, "server2", 0},
		{"silent", []http.HandlerFunc{fakenet.Silent, fakenet.Whole}, 200, "server2", time.Second},
		{"slow, the other down", []http.HandlerFunc{slowly, nil}, 200, "server1", 1500 * ms},
		{"slow, alone", []http.HandlerFunc{slowly}, 200, "server1", 1500 * ms},
		{"404 is an answer", []http.HandlerFunc{fakenet.Says(404, "", ""), fakenet.Whole}, 404, "server1", 0},
		{"all in trouble: the first says how", []http.HandlerFunc{trouble, fakenet.Says(500, "", "")}, 503, "server1", 0},
		{"in trouble, the other down", []http.HandlerFunc{trouble, nil}, 503, "server1", 0},
		{"a redirect elsewhere", []http.HandlerFunc{fakenet.Leads(307, "http://cdn/x"), fakenet.Whole}, 307, "server1", 0},
		{"a redirect within", []http.HandlerFunc{fakenet.Once(fakenet.Leads(307, "/x"), fakenet.Whole), nil}, 200, "server1", 0},
		{"a redirect for ever", []http.HandlerFunc{fakenet.Leads(307, "/x")}, 502, "", 0},
		{"all down", []http.HandlerFunc{nil, nil}, 502, "", 0},
		{"all silent", []http.HandlerFunc{fakenet.Silent, fakenet.Silent}, 503, "", forwardMost},
		{"none there", nil, 503, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := fakenet.NewServers(c.servers...)
				defer r.End()
				began := time.Now()
				res, b, err := ask(t, front(r, nil), "GET", "/7.ts")
				if err != nil || res.StatusCode != c.status {
					t.Fatalf("got %v, %v, want status %d", err, res, c.status)
				}
				if took := time.Since(began); took < c.took || took > c.took+20*ms {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if got := strings.TrimPrefix(res.Header.Get("X-Packager"), "http://"); got != c.from {
					t.Errorf("from: got %q, want %q", got, c.from)
				}
				if c.status == 200 && !bytes.Equal(b, fakenet.Body) || c.from == "" && !bytes.HasPrefix(b, []byte("{\n  \"error\": ")) {
					t.Errorf("got %q", b[:min(len(b), 100)])
				}
				switch {
				case c.status == 503 && res.Header.Get("Retry-After") == "":
					t.Error("want Retry-After")
				case c.status == 307 && res.Header.Get("Location") != "http://cdn/x":
					t.Errorf("location: got %q", res.Header.Get("Location"))
				}
			})
		})
	}
}

func TestForwardGoesOnInMidBody(t *testing.T) {
	half := len(fakenet.Body) / 2
	long := strings.Repeat("another", len(fakenet.Body))
	for _, c := range []struct {
		name    string
		servers []http.HandlerFunc
		asked   string // the player's Range
		whole   bool
		ranges  string // what the peer is asked for
		took    time.Duration
	}{
		{"the same entity tag", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Whole}, "", true, fmt.Sprintf("bytes=%d-%d", half, len(fakenet.Body)-1), fakenet.BreakAfter},
		{"the third has it", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Untagged, fakenet.Whole}, "", true, "", fakenet.BreakAfter},
		{"no entity tag", []http.HandlerFunc{fakenet.Part(half, false, fakenet.Breaks), fakenet.Whole}, "", false, "", fakenet.BreakAfter},
		{"the peer has none", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Untagged}, "", false, "", fakenet.BreakAfter},
		{"the peer has other bytes", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Bytes([]byte(long))}, "", false, "", fakenet.BreakAfter},
		{"the peer has other bytes, and does not mind If-Range", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), func(w http.ResponseWriter, q *http.Request) {
			q.Header.Del("If-Range")
			fakenet.ServeBytes(w, q, fakenet.Packets(8, 1000), true)
		}}, "", false, "", fakenet.BreakAfter},
		{"the peer is silent", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Silent}, "", false, "", fakenet.BreakAfter + forwardNext},
		{"no length", []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("ETag", object.ETagOf(fakenet.Body))
			_, _ = w.Write(fakenet.Body[:half])
			_ = http.NewResponseController(w).Flush()
			fakenet.Breaks(w, q)
		}, fakenet.Whole}, "", true, fmt.Sprintf("bytes=%d-", half), fakenet.BreakAfter},
		{"no length, alone", []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			_, _ = w.Write(fakenet.Body[:half])
			_ = http.NewResponseController(w).Flush()
			fakenet.Breaks(w, q)
		}}, "", false, "", fakenet.BreakAfter},
		{"of a range", []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("ETag", object.ETagOf(fakenet.Body))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(fakenet.Body)-1, len(fakenet.Body)))
			w.Header().Set("Content-Length", fmt.Sprint(len(fakenet.Body)))
			w.WriteHeader(206)
			_, _ = w.Write(fakenet.Body[:half])
			_ = http.NewResponseController(w).Flush()
			fakenet.Breaks(w, q)
		}, fakenet.Whole}, "bytes=0-", true, fmt.Sprintf("bytes=%d-%d", half, len(fakenet.Body)-1), fakenet.BreakAfter},
		{"it stands still", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Silent), fakenet.Whole}, "", true, "", relayStall},
		{"alone", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks)}, "", false, "", fakenet.BreakAfter},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ranges := ""
				servers := append([]http.HandlerFunc{}, c.servers...)
				if len(servers) > 1 {
					second := servers[1]
					servers[1] = func(w http.ResponseWriter, q *http.Request) {
						ranges = q.Header.Get("Range")
						second(w, q)
					}
				}
				r := fakenet.NewServers(servers...)
				defer r.End()
				var headers []string
				if c.asked != "" {
					headers = []string{"Range", c.asked}
				}
				began := time.Now()
				_, b, err := ask(t, front(r, nil), "GET", "/7.ts", headers...)
				if c.whole != (err == nil) || !bytes.HasPrefix(fakenet.Body, b) || c.whole && len(b) != len(fakenet.Body) || len(b) < half {
					t.Errorf("got %v after %d bytes, want the whole: %t", err, len(b), c.whole)
				}
				if c.ranges != "" && ranges != c.ranges {
					t.Errorf("the peer was asked for %q, want %q", ranges, c.ranges)
				}
				if took := time.Since(began); took < c.took || took > c.took+20*time.Millisecond {
					t.Errorf("took %s, want %s", took, c.took)
				}
			})
		})
	}
}

func TestForwardBreaksOffWhenThePlayerHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fakenet.NewServers(fakenet.Silent, fakenet.Silent)
		defer r.End()
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		w := httptest.NewRecorder()
		defer func() {
			if e := recover(); e != http.ErrAbortHandler || w.Body.Len() > 0 {
				t.Errorf("got %v after %q, want it broken off before any answer", e, w.Body)
			}
		}()
		Serve(w, httptest.NewRequest("GET", "/a", nil).WithContext(ctx), r.Sources("/a"), nil)
		t.Error("want it broken off")
	})
}

func TestForwardStreamsWhatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Bool
		r := fakenet.NewServers(func(w http.ResponseWriter, q *http.Request) {
			defer ended.Store(true)
			for q.Context().Err() == nil {
				if _, err := w.Write([]byte("tick ")); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		})
		defer r.End()
		c := front(r, nil)
		res, err := c.Get("http://front/live")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		b := make([]byte, 5*60*5)
		if _, err := io.ReadFull(res.Body, b); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("five minutes of ticks: took %s, want each as it comes", took)
		}
		res.Body.Close()
		time.Sleep(2 * time.Second)
		if !ended.Load() {
			t.Error("the player has gone: want the packager's request ended")
		}
	})
}

func TestForwardEditsAnswers(t *testing.T) {
	upper := func(res *http.Response) error {
		if res.Header.Get("X-Bad") != "" {
			return errors.New("no such playlist")
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		b = bytes.ToUpper(b)
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		return nil
	}
	for _, c := range []struct {
		name   string
		edit   func(*http.Response) error
		serve  http.HandlerFunc
		accept string
		status int
		body   string
		coding string
	}{
		{"a body", upper, fakenet.Says(200, "", "abc"), "gzip", 200, "ABC", ""},
		{"gzip that nobody asked for", upper, fakenet.Raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(fakenet.Gzipped([]byte("abc")))), "gzip", 200, "ABC", ""},
		{"an error", upper, func(w http.ResponseWriter, q *http.Request) { w.Header().Set("X-Bad", "1") }, "", 502, "{\n  \"error\": \"no packager answers as it should\"\n}\n", ""},
		{"gzip that nobody asked for, without an edit", nil, fakenet.Raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(fakenet.Gzipped([]byte("abc")))), "", 200, "abc", ""},
		{"gzip that was asked for", nil, fakenet.Raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(fakenet.Gzipped([]byte("abc")))), "br, gzip;q=0.5", 200, string(fakenet.Gzipped([]byte("abc"))), "gzip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := fakenet.NewServers(c.serve)
				defer r.End()
				var headers []string
				if c.accept != "" {
					headers = []string{"Accept-Encoding", c.accept}
				}
				res, b, err := ask(t, front(r, c.edit), "GET", "/a", headers...)
				if err != nil || res.StatusCode != c.status || string(b) != c.body || res.Header.Get("Content-Encoding") != c.coding {
					t.Errorf("got %v, %v, %q; want %d, %q", err, res, b, c.status, c.body)
				}
			})
		})
	}
}

func TestForwardIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fakenet.NewServers(fakenet.Silent)
		defer r.End()
		u := r.Upstreams[0]
		for range upstream.ForwardConns {
			go func() { _, _ = u.Do(t.Context(), "GET", "/hold", nil) }()
		}
		synctest.Wait()
		res, _, err := ask(t, front(r, nil), "GET", "/one-more")
		if err != nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
			t.Errorf("got %v, %v, want 503 with Retry-After", err, res)
		}
	})
}
