package fetch

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
)

// front is a server on the rig's wire that forwards, and a player's client.
func (r *rig) front(edit func(*http.Response) error) *http.Client {
	r.kills = append(r.kills, r.wire.serve("front", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		Forward(w, q, r.sources(q.URL.RequestURI()), edit)
	})))
	transport := &http.Transport{DialContext: r.wire.dial, DisableCompression: true}
	r.kills = append(r.kills, transport.CloseIdleConnections)
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
		r := rigOf(t, func(w http.ResponseWriter, q *http.Request) {
			got = q.Header
			h := w.Header()
			h.Add("Set-Cookie", "a=1")
			h.Add("Set-Cookie", "b=2")
			h.Set("Cache-Control", "private")
			h.Set("Access-Control-Allow-Origin", "http://site")
			h.Set("Connection", "X-Hop")
			h.Set("X-Hop", "x")
			h.Set("Content-Type", "video/mp2t")
			serveBytes(w, q, theBody, true)
		})
		defer r.end()
		c := r.front(nil)
		res, b, err := ask(t, c, "GET", "/7.ts?token=x", "Cookie", "me=1", "Authorization", "Bearer x", "Range", "bytes=0-99", "Accept", "video/*", "Te", "trailers", "User-Agent", "player")
		if err != nil || res.StatusCode != 206 || !bytes.Equal(b, theBody[:100]) || res.Header.Get("Content-Range") != "bytes 0-99/188000" {
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
		if res, b, err := ask(t, c, "GET", "/7.ts", "If-None-Match", ETagOf(theBody)); err != nil || res.StatusCode != 304 || len(b) > 0 {
			t.Errorf("a condition: got %v, %v, want 304", err, res)
		}
		if res, b, err := ask(t, c, "HEAD", "/7.ts"); err != nil || res.ContentLength != int64(len(theBody)) || len(b) > 0 {
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
			whole(w, q)
		case <-q.Context().Done():
		}
	}
	trouble := func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Retry-After", "3")
		says(503, "", "in trouble")(w, q)
	}
	for _, c := range []struct {
		name    string
		servers []http.HandlerFunc
		status  int
		from    string // empty: the answer is ours
		took    time.Duration
	}{
		{"well", []http.HandlerFunc{whole, whole}, 200, "server1", 0},
		{"down", []http.HandlerFunc{nil, whole}, 200, "server2", 0},
		{"breaks off before it answers", []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, whole}, 200, "server2", 0},
		{"502", []http.HandlerFunc{says(502, "", ""), whole}, 200, "server2", 0},
		{"429", []http.HandlerFunc{says(429, "", ""), whole}, 200, "server2", 0},
		{"silent", []http.HandlerFunc{silent, whole}, 200, "server2", time.Second},
		{"slow, the other down", []http.HandlerFunc{slowly, nil}, 200, "server1", 1500 * ms},
		{"slow, alone", []http.HandlerFunc{slowly}, 200, "server1", 1500 * ms},
		{"404 is an answer", []http.HandlerFunc{says(404, "", ""), whole}, 404, "server1", 0},
		{"all in trouble: the first says how", []http.HandlerFunc{trouble, says(500, "", "")}, 503, "server1", 0},
		{"in trouble, the other down", []http.HandlerFunc{trouble, nil}, 503, "server1", 0},
		{"a redirect elsewhere", []http.HandlerFunc{leads(307, "http://cdn/x"), whole}, 307, "server1", 0},
		{"a redirect within", []http.HandlerFunc{once(leads(307, "/x"), whole), nil}, 200, "server1", 0},
		{"a redirect for ever", []http.HandlerFunc{leads(307, "/x")}, 502, "", 0},
		{"all down", []http.HandlerFunc{nil, nil}, 502, "", 0},
		{"all silent", []http.HandlerFunc{silent, silent}, 503, "", forwardMost},
		{"none there", nil, 503, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(t, c.servers...)
				defer r.end()
				began := time.Now()
				res, b, err := ask(t, r.front(nil), "GET", "/7.ts")
				if err != nil || res.StatusCode != c.status {
					t.Fatalf("got %v, %v, want status %d", err, res, c.status)
				}
				if took := time.Since(began); took < c.took || took > c.took+20*ms {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if got := strings.TrimPrefix(res.Header.Get("X-Packager"), "http://"); got != c.from {
					t.Errorf("from: got %q, want %q", got, c.from)
				}
				if c.status == 200 && !bytes.Equal(b, theBody) || c.from == "" && !bytes.HasPrefix(b, []byte("{\n  \"error\": ")) {
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
	half := len(theBody) / 2
	long := strings.Repeat("another", len(theBody))
	for _, c := range []struct {
		name    string
		servers []http.HandlerFunc
		asked   string // the player's Range
		whole   bool
		ranges  string // what the peer is asked for
		took    time.Duration
	}{
		{"the same entity tag", []http.HandlerFunc{part(half, true, breaks), whole}, "", true, fmt.Sprintf("bytes=%d-%d", half, len(theBody)-1), 2 * fetchTick},
		{"the third has it", []http.HandlerFunc{part(half, true, breaks), untagged, whole}, "", true, "", 2 * fetchTick},
		{"no entity tag", []http.HandlerFunc{part(half, false, breaks), whole}, "", false, "", 2 * fetchTick},
		{"the peer has none", []http.HandlerFunc{part(half, true, breaks), untagged}, "", false, "", 2 * fetchTick},
		{"the peer has other bytes", []http.HandlerFunc{part(half, true, breaks), bytesOf([]byte(long))}, "", false, "", 2 * fetchTick},
		{"the peer has other bytes, and does not mind If-Range", []http.HandlerFunc{part(half, true, breaks), func(w http.ResponseWriter, q *http.Request) {
			q.Header.Del("If-Range")
			serveBytes(w, q, packets(8, 1000), true)
		}}, "", false, "", 2 * fetchTick},
		{"the peer is silent", []http.HandlerFunc{part(half, true, breaks), silent}, "", false, "", 2*fetchTick + forwardNext},
		{"no length", []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("ETag", ETagOf(theBody))
			_, _ = w.Write(theBody[:half])
			_ = http.NewResponseController(w).Flush()
			breaks(w, q)
		}, whole}, "", true, fmt.Sprintf("bytes=%d-", half), 2 * fetchTick},
		{"no length, alone", []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			_, _ = w.Write(theBody[:half])
			_ = http.NewResponseController(w).Flush()
			breaks(w, q)
		}}, "", false, "", 2 * fetchTick},
		{"of a range", []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("ETag", ETagOf(theBody))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(theBody)-1, len(theBody)))
			w.Header().Set("Content-Length", fmt.Sprint(len(theBody)))
			w.WriteHeader(206)
			_, _ = w.Write(theBody[:half])
			_ = http.NewResponseController(w).Flush()
			breaks(w, q)
		}, whole}, "bytes=0-", true, fmt.Sprintf("bytes=%d-%d", half, len(theBody)-1), 2 * fetchTick},
		{"it stands still", []http.HandlerFunc{part(half, true, silent), whole}, "", true, "", relayStall},
		{"alone", []http.HandlerFunc{part(half, true, breaks)}, "", false, "", 2 * fetchTick},
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
				r := rigOf(t, servers...)
				defer r.end()
				var headers []string
				if c.asked != "" {
					headers = []string{"Range", c.asked}
				}
				began := time.Now()
				_, b, err := ask(t, r.front(nil), "GET", "/7.ts", headers...)
				if c.whole != (err == nil) || !bytes.HasPrefix(theBody, b) || c.whole && len(b) != len(theBody) || len(b) < half {
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
		r := rigOf(t, silent, silent)
		defer r.end()
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		w := httptest.NewRecorder()
		defer func() {
			if e := recover(); e != http.ErrAbortHandler || w.Body.Len() > 0 {
				t.Errorf("got %v after %q, want it broken off before any answer", e, w.Body)
			}
		}()
		Forward(w, httptest.NewRequest("GET", "/a", nil).WithContext(ctx), r.sources("/a"), nil)
		t.Error("want it broken off")
	})
}

func TestForwardStreamsWhatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Bool
		r := rigOf(t, func(w http.ResponseWriter, q *http.Request) {
			defer ended.Store(true)
			for q.Context().Err() == nil {
				if _, err := w.Write([]byte("tick ")); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
		})
		defer r.end()
		c := r.front(nil)
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
		{"a body", upper, says(200, "", "abc"), "gzip", 200, "ABC", ""},
		{"gzip that nobody asked for", upper, raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(zipped([]byte("abc")))), "gzip", 200, "ABC", ""},
		{"an error", upper, func(w http.ResponseWriter, q *http.Request) { w.Header().Set("X-Bad", "1") }, "", 502, "{\n  \"error\": \"no packager answers as it should\"\n}\n", ""},
		{"gzip that nobody asked for, without an edit", nil, raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(zipped([]byte("abc")))), "", 200, "abc", ""},
		{"gzip that was asked for", nil, raw("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + string(zipped([]byte("abc")))), "br, gzip;q=0.5", 200, string(zipped([]byte("abc"))), "gzip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(t, c.serve)
				defer r.end()
				var headers []string
				if c.accept != "" {
					headers = []string{"Accept-Encoding", c.accept}
				}
				res, b, err := ask(t, r.front(c.edit), "GET", "/a", headers...)
				if err != nil || res.StatusCode != c.status || string(b) != c.body || res.Header.Get("Content-Encoding") != c.coding {
					t.Errorf("got %v, %v, %q; want %d, %q", err, res, b, c.status, c.body)
				}
			})
		})
	}
}

func TestForwardIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(t, silent)
		defer r.end()
		u := r.ups[0]
		for range forwardConns {
			go func() { _, _ = u.Do(t.Context(), "GET", "/hold", nil) }()
		}
		synctest.Wait()
		res, _, err := ask(t, r.front(nil), "GET", "/one-more")
		if err != nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
			t.Errorf("got %v, %v, want 503 with Retry-After", err, res)
		}
	})
}
