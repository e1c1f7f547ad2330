package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
)

// fetchCase is packagers, and what is fetched from them.
type fetchCase struct {
	name     string
	servers  []http.HandlerFunc
	err      error
	from     string // who gave it
	took     [2]time.Duration
	findings []string
}

func fetchCases() []fetchCase {
	const ms = time.Millisecond
	return []fetchCase{
		{name: "well", servers: []http.HandlerFunc{fakenet.Whole, fakenet.Whole}, from: "server1", findings: []string{"server1 good"}},
		{name: "refused: the next at once", servers: []http.HandlerFunc{nil, fakenet.Whole}, from: "server2",
			findings: []string{"server1 failed connection refused", "server2 good", "server1 saved"}},
		{name: "502", servers: []http.HandlerFunc{fakenet.Says(502, "", "no"), fakenet.Whole}, from: "server2", findings: []string{"server1 failed status 502", "server2 good", "server1 saved"}},
		{name: "a redirect elsewhere", servers: []http.HandlerFunc{fakenet.Leads(302, "http://elsewhere/7.ts"), fakenet.Whole}, from: "server2",
			findings: []string{`server1 failed status 302 leads to "http://elsewhere/7.ts", a host that is not followed`, "server2 good", "server1 saved"}},
		{name: "a web page", servers: []http.HandlerFunc{fakenet.Says(200, "video/mp2t", "<html>"), fakenet.Whole}, from: "server2", findings: []string{"server1 failed answered a web page", "server2 good", "server1 saved"}},
		{name: "media with the type of a web page", servers: []http.HandlerFunc{fakenet.Typed("text/html; charset=utf-8", fakenet.Body), fakenet.Silent}, from: "server1", findings: []string{"server1 good"}},
		{name: "empty", servers: []http.HandlerFunc{fakenet.Says(200, "video/mp2t", ""), fakenet.Whole}, from: "server2", findings: []string{"server1 failed an empty body", "server2 good", "server1 saved"}},
		{name: "403 on one of them", servers: []http.HandlerFunc{fakenet.Says(403, "", ""), fakenet.Whole}, from: "server2", findings: []string{"server1 failed status 403", "server2 good", "server1 saved"}},
		{name: "too large", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(maxListed+1))
			_, _ = w.Write(fakenet.Body)
		}, fakenet.Whole}, from: "server2", findings: []string{"server2 good", "server1 saved"}},
		{name: "gzip that nobody asked for", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Repr-Digest", fakenet.Digest([]byte("of the coding")))
			_, _ = w.Write(fakenet.Gzipped(fakenet.Body))
		}, fakenet.Silent}, from: "server1", findings: []string{"server1 good"}},
		{name: "a redirect within", servers: []http.HandlerFunc{fakenet.Once(fakenet.Leads(302, "/b.ts"), fakenet.Whole), fakenet.Silent}, from: "server1", findings: []string{"server1 good"}},
		{name: "other bytes than its digest's", servers: []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Repr-Digest", fakenet.Digest([]byte("x")))
			fakenet.Whole(w, q)
		}, fakenet.Whole}, from: "server2", findings: []string{"server1 failed its bytes do not match its Repr-Digest", "server2 good", "server1 saved"}},
		{name: "a Content-Length that is too long", took: [2]time.Duration{2 * fetchTick, 3 * fetchTick}, servers: []http.HandlerFunc{fakenet.Part(500, true, fakenet.Breaks), fakenet.Whole}, from: "server2", findings: []string{"server1 failed broke off in mid-body", "server2 good", "server1 saved"}},
		{name: "no Content-Length", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(fakenet.Body)
		}}, from: "server1", findings: []string{"server1 good"}},
		{name: "no Content-Length, and broken off", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(fakenet.Body[:10*fakenet.PacketLength])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, fakenet.Whole}, from: "server2", findings: []string{"server1 failed broke off in mid-body", "server2 good", "server1 saved"}},
		{name: "hung: the peer is asked as well", servers: []http.HandlerFunc{fakenet.Silent, fakenet.Whole}, from: "server2", took: [2]time.Duration{200 * ms, 260 * ms},
			findings: []string{"server1 late", "server2 good", "server1 saved"}},
		{name: "the first good answer wins, even the late one's", servers: []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(400 * ms)
			fakenet.Whole(w, q)
		}, fakenet.Silent}, from: "server1", took: [2]time.Duration{400 * ms, 430 * ms}, findings: []string{"server1 good"}},
		{name: "headers, then silence", servers: []http.HandlerFunc{fakenet.Part(1, true, fakenet.Silent), fakenet.Whole}, from: "server2", took: [2]time.Duration{300 * ms, 360 * ms}},
		{name: "it trickles", servers: []http.HandlerFunc{fakenet.Part(1, true, fakenet.Trickle(1, 200)), fakenet.Whole}, from: "server2", took: [2]time.Duration{300 * ms, 360 * ms},
			findings: []string{"server1 failed slow: 5 kB/s", "server2 good", "server1 saved"}},
		{name: "it is slow, but fast enough", servers: []http.HandlerFunc{fakenet.Part(1, true, fakenet.Trickle(1, len(fakenet.Body)/15)), fakenet.Whole}, from: "server1", took: [2]time.Duration{700 * ms, 900 * ms},
			findings: []string{"server1 good"}},
		{name: "the peer is hung too: the third", servers: []http.HandlerFunc{fakenet.Silent, fakenet.Silent, fakenet.Whole}, from: "server3", took: [2]time.Duration{400 * ms, 500 * ms}},
		{name: "404 on the one that should have it", servers: []http.HandlerFunc{fakenet.Says(404, "", ""), fakenet.Whole}, from: "server2", findings: []string{"server1 absent status 404", "server2 good", "server1 saved"}},
		{name: "the first has it a moment later, the other trickles", servers: []http.HandlerFunc{fakenet.Later(100 * ms), fakenet.Part(1, true, fakenet.Trickle(1, 200))}, from: "server1", took: [2]time.Duration{300 * ms, 400 * ms}},
		{name: "nobody has it", servers: []http.HandlerFunc{fakenet.Says(404, "", ""), fakenet.Says(410, "", "")}, err: upstream.ErrNotFound, took: [2]time.Duration{time.Second, 1400 * ms}},
		{name: "one has it not, the other is down", servers: []http.HandlerFunc{fakenet.Says(404, "", ""), nil}, err: upstream.ErrUnavailable, took: [2]time.Duration{3 * time.Second, 3400 * ms}},
		{name: "all are down", servers: []http.HandlerFunc{nil, nil}, err: upstream.ErrUnavailable, took: [2]time.Duration{3 * time.Second, 3400 * ms}},
		{name: "all are silent", servers: []http.HandlerFunc{fakenet.Silent, fakenet.Silent}, err: upstream.ErrUnavailable, took: [2]time.Duration{3 * time.Second, 5 * time.Second}},
		{name: "all trickle", servers: []http.HandlerFunc{fakenet.Part(1, true, fakenet.Trickle(1, 1)), fakenet.Part(1, true, fakenet.Trickle(1, 1))}, err: upstream.ErrUnavailable, took: [2]time.Duration{listedMost, listedMost + 100*ms}},
	}
}

func TestFetch(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range fetchCases() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(c.servers...)
				defer r.End()
				f := r.fetch()
				began := time.Now()
				f.Run(t.Context())
				took := time.Since(began)
				got, _ := f.Object.Now()
				if !errors.Is(got.Err, c.err) || (got.Err == nil) != (c.err == nil) {
					t.Fatalf("got %v, want %v; %v", got.Err, c.err, r.findings)
				}
				if c.err == nil && (!got.Whole || !bytes.Equal(got.Body, fakenet.Body) || got.Packager != "http://"+c.from || got.ETag != object.ETagOf(fakenet.Body)) {
					t.Errorf("got whole %t, %d bytes, from %s with %s; want it from %s", got.Whole, len(got.Body), got.Packager, got.ETag, c.from)
				}
				if took < c.took[0] || took > max(c.took[1], 5*ms) {
					t.Errorf("took: got %s, want %s to %s", took, c.took[0], c.took[1])
				}
				if c.findings != nil && !slices.Equal(r.findings, c.findings) {
					t.Errorf("findings: got %q, want %q", r.findings, c.findings)
				}
			})
		})
	}
}

func TestFetchOfASinglePackagerIsNotHedgedOnlyDialledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times atomic.Int64
		r := rigOf(func(w http.ResponseWriter, q *http.Request) {
			if times.Add(1) == 1 {
				fakenet.Silent(w, q)
				return
			}
			fakenet.Whole(w, q)
		})
		defer r.End()
		f := r.fetch()
		began := time.Now()
		f.Run(t.Context())
		if c, _ := f.Object.Now(); !c.Whole {
			t.Errorf("got %v, want the segment", c.Err)
		}
		if took := time.Since(began); took < upstream.Silence || took > upstream.Silence+200*time.Millisecond {
			t.Errorf("dialled again after %s, want %s", took, upstream.Silence)
		}
		if times.Load() != 2 {
			t.Errorf("requests: got %d, want 2", times.Load())
		}
	})
}

// Some packagers make a segment when it is asked for, or send it as it is made.
func TestWhoIsSlowAndAloneIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		server http.HandlerFunc
		took   time.Duration
	}{
		{"to the first byte", func(w http.ResponseWriter, q *http.Request) {
			select {
			case <-time.After(4 * time.Second):
				fakenet.Whole(w, q)
			case <-q.Context().Done():
			}
		}, 4 * time.Second},
		{"between the pieces", func(w http.ResponseWriter, q *http.Request) {
			for at := 0; at < len(fakenet.Body) && q.Context().Err() == nil; at += len(fakenet.Body) / 4 {
				_, _ = w.Write(fakenet.Body[at : at+len(fakenet.Body)/4])
				_ = http.NewResponseController(w).Flush()
				time.Sleep(1500 * time.Millisecond)
			}
		}, 6 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(c.server)
				defer r.End()
				f := r.fetch()
				f.Patience = 8 * time.Second
				began := time.Now()
				f.Run(t.Context())
				if whole, err := f.Object.Done(); !whole {
					t.Errorf("got %v, want the segment", err)
				}
				if took := time.Since(began); took > c.took+100*time.Millisecond {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if got := r.Asked[0].Load(); got > 2 {
					t.Errorf("requests: got %d, want 2 at most", got)
				}
			})
		})
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(fakenet.Silent, fakenet.Silent)
		defer r.End()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		f := r.fetch()
		f.Run(ctx)
		if c, _ := f.Object.Now(); !errors.Is(c.Err, upstream.ErrUnavailable) {
			t.Errorf("got %v, want %v", c.Err, upstream.ErrUnavailable)
		}
		synctest.Wait()
		for i := range r.Asked {
			if r.Asked[i].Load() == 0 {
				t.Errorf("server%d: want it asked", i+1)
			}
		}
	})
}
