package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// rig is a fetch of one segment from servers on a wire; it must be used in a bubble.
type rig struct {
	t        *testing.T
	wire     *wire
	ups      []*Upstream
	asked    []atomic.Int64
	mu       sync.Mutex
	findings []string // as "server1 failed status 502"; guarded by mu
	kills    []func()
}

// the segment that is fetched, and its length in time.
var theBody = packets(7, 1000)

const theDuration = 2 * time.Second

func rigOf(t *testing.T, handlers ...http.HandlerFunc) *rig {
	t.Helper()
	r := &rig{t: t, wire: newWire(), asked: make([]atomic.Int64, len(handlers))}
	for i, h := range handlers {
		name := fmt.Sprintf("server%d", i+1)
		u := NewUpstream("http://"+name, Options{Dial: r.wire.dial})
		r.ups = append(r.ups, u)
		if h != nil {
			r.kills = append(r.kills, r.wire.serve(name, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				r.asked[i].Add(1)
				h(w, q)
			})))
		}
	}
	return r
}

func (r *rig) end() {
	for _, u := range r.ups {
		u.Close()
	}
	for _, kill := range r.kills {
		kill()
	}
}

// sources are all servers, in their order.
func (r *rig) sources(target string) []Source {
	var list []Source
	for _, u := range r.ups {
		list = append(list, Source{From: u, Target: target})
	}
	return list
}

// fetch is of the segment; Run runs it.
func (r *rig) fetch() *Fetch {
	return &Fetch{
		Object: NewObject("/live01/7.ts", time.Now()), Duration: theDuration, Patience: 3 * time.Second, Absence: time.Second,
		Sources: func() []Source { return r.sources("/live01/7.ts") },
		Judge: func(u *Upstream, f Finding) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.findings = append(r.findings, strings.TrimSpace(strings.TrimPrefix(u.Base(), "http://")+" "+f.Kind.String()+" "+f.Cause))
		},
	}
}

// forPlayers is a fetch of what nothing lists.
func (r *rig) forPlayers() *Fetch {
	f := r.fetch()
	f.Duration, f.Absence, f.Rounds, f.Lane = 0, 0, 1, LanePlayers
	return f
}

func whole(w http.ResponseWriter, q *http.Request) { serveBytes(w, q, theBody, true) }

func untagged(w http.ResponseWriter, q *http.Request) { serveBytes(w, q, theBody, false) }

func bytesOf(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) { serveBytes(w, q, b, true) }
}

// part sends the first n bytes, and then does something else.
func part(n int, tag bool, then func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(theBody)))
		if tag {
			w.Header().Set("ETag", ETagOf(theBody))
		}
		_, _ = w.Write(theBody[:n])
		_ = http.NewResponseController(w).Flush()
		then(w, q)
	}
}

func silent(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }

// breaks breaks off once what was sent has been seen.
func breaks(http.ResponseWriter, *http.Request) {
	time.Sleep(2 * fetchTick)
	panic(http.ErrAbortHandler)
}

// trickle sends the rest of the segment, so many bytes each 50 ms.
func trickle(n, every int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, q *http.Request) {
		for at := n; at < len(theBody) && q.Context().Err() == nil; at += every {
			if _, err := w.Write(theBody[at:min(at+every, len(theBody))]); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func leads(code int, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, to, code) }
}

func typed(kind string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", kind)
		serveBytes(w, q, b, true)
	}
}

func says(code int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// later does not have the segment until so long after it was first asked.
func later(wait time.Duration) http.HandlerFunc {
	var first time.Time
	return func(w http.ResponseWriter, q *http.Request) {
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) < wait {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		whole(w, q)
	}
}

func TestFetch(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name     string
		servers  []http.HandlerFunc
		err      error
		from     string // who gave it
		took     [2]time.Duration
		findings []string
	}{
		{name: "well", servers: []http.HandlerFunc{whole, whole}, from: "server1", findings: []string{"server1 good"}},
		{name: "refused: the next at once", servers: []http.HandlerFunc{nil, whole}, from: "server2",
			findings: []string{"server1 failed connection refused", "server2 good", "server1 saved"}},
		{name: "502", servers: []http.HandlerFunc{says(502, "", "no"), whole}, from: "server2", findings: []string{"server1 failed status 502", "server2 good", "server1 saved"}},
		{name: "a redirect elsewhere", servers: []http.HandlerFunc{leads(302, "http://elsewhere/7.ts"), whole}, from: "server2",
			findings: []string{`server1 failed status 302 leads to "http://elsewhere/7.ts", a host that is not followed`, "server2 good", "server1 saved"}},
		{name: "a web page", servers: []http.HandlerFunc{says(200, "video/mp2t", "<html>"), whole}, from: "server2", findings: []string{"server1 failed answered a web page", "server2 good", "server1 saved"}},
		{name: "media with the type of a web page", servers: []http.HandlerFunc{typed("text/html; charset=utf-8", theBody), silent}, from: "server1", findings: []string{"server1 good"}},
		{name: "empty", servers: []http.HandlerFunc{says(200, "video/mp2t", ""), whole}, from: "server2", findings: []string{"server1 failed an empty body", "server2 good", "server1 saved"}},
		{name: "403 on one of them", servers: []http.HandlerFunc{says(403, "", ""), whole}, from: "server2", findings: []string{"server1 failed status 403", "server2 good", "server1 saved"}},
		{name: "too large", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(maxListed+1))
			_, _ = w.Write(theBody)
		}, whole}, from: "server2", findings: []string{"server2 good", "server1 saved"}},
		{name: "gzip that nobody asked for", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Repr-Digest", digestOf([]byte("of the coding")))
			_, _ = w.Write(zipped(theBody))
		}, silent}, from: "server1", findings: []string{"server1 good"}},
		{name: "a redirect within", servers: []http.HandlerFunc{once(leads(302, "/b.ts"), whole), silent}, from: "server1", findings: []string{"server1 good"}},
		{name: "other bytes than its digest's", servers: []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Repr-Digest", digestOf([]byte("x")))
			whole(w, q)
		}, whole}, from: "server2", findings: []string{"server1 failed its bytes are not those of its Repr-Digest", "server2 good", "server1 saved"}},
		{name: "a Content-Length that is too long", took: [2]time.Duration{2 * fetchTick, 3 * fetchTick}, servers: []http.HandlerFunc{part(500, true, breaks), whole}, from: "server2", findings: []string{"server1 failed broke off in mid-body", "server2 good", "server1 saved"}},
		{name: "no Content-Length", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(theBody)
		}}, from: "server1", findings: []string{"server1 good"}},
		{name: "no Content-Length, and broken off", servers: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(theBody[:10*packetSize])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, whole}, from: "server2", findings: []string{"server1 failed broke off in mid-body", "server2 good", "server1 saved"}},
		{name: "hung: the peer is asked as well", servers: []http.HandlerFunc{silent, whole}, from: "server2", took: [2]time.Duration{200 * ms, 260 * ms},
			findings: []string{"server1 late", "server2 good", "server1 saved"}},
		{name: "the first good answer wins, even the late one's", servers: []http.HandlerFunc{func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(400 * ms)
			whole(w, q)
		}, silent}, from: "server1", took: [2]time.Duration{400 * ms, 430 * ms}, findings: []string{"server1 good"}},
		{name: "headers, then silence", servers: []http.HandlerFunc{part(1, true, silent), whole}, from: "server2", took: [2]time.Duration{300 * ms, 360 * ms}},
		{name: "it trickles", servers: []http.HandlerFunc{part(1, true, trickle(1, 200)), whole}, from: "server2", took: [2]time.Duration{300 * ms, 360 * ms},
			findings: []string{"server1 failed slow: 5 kB/s", "server2 good", "server1 saved"}},
		{name: "it is slow, but fast enough", servers: []http.HandlerFunc{part(1, true, trickle(1, len(theBody)/15)), whole}, from: "server1", took: [2]time.Duration{700 * ms, 900 * ms},
			findings: []string{"server1 good"}},
		{name: "the peer is hung too: the third", servers: []http.HandlerFunc{silent, silent, whole}, from: "server3", took: [2]time.Duration{400 * ms, 500 * ms}},
		{name: "404 on the one that should have it", servers: []http.HandlerFunc{says(404, "", ""), whole}, from: "server2", findings: []string{"server1 absent status 404", "server2 good", "server1 saved"}},
		{name: "the first has it a moment later, the other trickles", servers: []http.HandlerFunc{later(100 * ms), part(1, true, trickle(1, 200))}, from: "server1", took: [2]time.Duration{300 * ms, 400 * ms}},
		{name: "nobody has it", servers: []http.HandlerFunc{says(404, "", ""), says(410, "", "")}, err: ErrNotFound, took: [2]time.Duration{time.Second, 1400 * ms}},
		{name: "one has it not, the other is down", servers: []http.HandlerFunc{says(404, "", ""), nil}, err: ErrUnavailable, took: [2]time.Duration{3 * time.Second, 3400 * ms}},
		{name: "all are down", servers: []http.HandlerFunc{nil, nil}, err: ErrUnavailable, took: [2]time.Duration{3 * time.Second, 3400 * ms}},
		{name: "all are silent", servers: []http.HandlerFunc{silent, silent}, err: ErrUnavailable, took: [2]time.Duration{3 * time.Second, 5 * time.Second}},
		{name: "all trickle", servers: []http.HandlerFunc{part(1, true, trickle(1, 1)), part(1, true, trickle(1, 1))}, err: ErrUnavailable, took: [2]time.Duration{listedMost, listedMost + 100*ms}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(t, c.servers...)
				defer r.end()
				f := r.fetch()
				began := time.Now()
				f.Run(t.Context())
				took := time.Since(began)
				got, _ := f.Object.Now()
				if !errors.Is(got.Err, c.err) || (got.Err == nil) != (c.err == nil) {
					t.Fatalf("got %v, want %v; %v", got.Err, c.err, r.findings)
				}
				if c.err == nil && (!got.Whole || !bytes.Equal(got.Body, theBody) || got.Packager != "http://"+c.from || got.ETag != ETagOf(theBody)) {
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
		r := rigOf(t, func(w http.ResponseWriter, q *http.Request) {
			if times.Add(1) == 1 {
				silent(w, q)
				return
			}
			whole(w, q)
		})
		defer r.end()
		f := r.fetch()
		began := time.Now()
		f.Run(t.Context())
		if c, _ := f.Object.Now(); !c.Whole {
			t.Errorf("got %v, want the segment", c.Err)
		}
		if took := time.Since(began); took < silence || took > silence+200*time.Millisecond {
			t.Errorf("dialled again after %s, want %s", took, silence)
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
				whole(w, q)
			case <-q.Context().Done():
			}
		}, 4 * time.Second},
		{"between the pieces", func(w http.ResponseWriter, q *http.Request) {
			for at := 0; at < len(theBody) && q.Context().Err() == nil; at += len(theBody) / 4 {
				_, _ = w.Write(theBody[at : at+len(theBody)/4])
				_ = http.NewResponseController(w).Flush()
				time.Sleep(1500 * time.Millisecond)
			}
		}, 6 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(t, c.server)
				defer r.end()
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
				if got := r.asked[0].Load(); got > 2 {
					t.Errorf("requests: got %d, want 2 at most", got)
				}
			})
		})
	}
}

// read reads an object as it arrives and stops for nothing but the end.
func read(o *Object) (got []byte, err error) {
	defer o.Stream()()
	for {
		c, changed := o.Now()
		if c.Err == nil && !bytes.HasPrefix(c.Body, got) {
			return got, errors.New("what was sent before has changed")
		}
		if c.Err != nil {
			return got, c.Err
		}
		if got = c.Body; c.Whole {
			return got, nil
		}
		<-changed
	}
}

func TestFetchGoesOnInMidBody(t *testing.T) {
	other := packets(8, 1000) // as long, with other bytes
	half := len(theBody) / 2
	for _, c := range []struct {
		name    string
		servers []http.HandlerFunc
		err     error
		ranges  string // what the peer is asked for last
	}{
		{"the same validator: the rest alone", []http.HandlerFunc{part(half, true, breaks), whole}, nil, fmt.Sprintf("bytes=%d-", half)},
		{"no validator: the whole, compared", []http.HandlerFunc{part(half, false, breaks), untagged}, nil, ""},
		{"another validator, the same bytes", []http.HandlerFunc{part(half, true, breaks), func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("ETag", `"mine"`)
			http.ServeContent(w, q, "7.ts", time.Time{}, bytes.NewReader(theBody))
		}}, nil, fmt.Sprintf("bytes=%d-", half)},
		{"it does not mind If-Range: the rest of other bytes", []http.HandlerFunc{part(half, true, breaks), func(w http.ResponseWriter, q *http.Request) {
			q.Header.Del("If-Range")
			serveBytes(w, q, other, true)
		}, untagged}, nil, ""},
		{"it has the range wrong: the whole", []http.HandlerFunc{part(half, true, breaks), func(w http.ResponseWriter, q *http.Request) {
			if q.Header.Get("Range") != "" {
				w.Header().Set("ETag", ETagOf(theBody))
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", half-1, len(theBody)))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(theBody[:half])
				return
			}
			whole(w, q)
		}}, nil, ""},
		{"416: the whole", []http.HandlerFunc{part(half, true, breaks), func(w http.ResponseWriter, q *http.Request) {
			if q.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			untagged(w, q)
		}}, nil, ""},
		{"it stands still", []http.HandlerFunc{part(half, true, silent), whole}, nil, ""},
		{"other bytes of the same length", []http.HandlerFunc{part(half, true, breaks), bytesOf(other)}, ErrOther, fmt.Sprintf("bytes=%d-", half)},
		{"other bytes of another length", []http.HandlerFunc{part(half, true, breaks), bytesOf(other[:900*packetSize])}, ErrOther, fmt.Sprintf("bytes=%d-", half)},
		{"other bytes of no length", []http.HandlerFunc{part(half, true, breaks), func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(other)
		}}, ErrOther, ""},
		{"the third has the rest", []http.HandlerFunc{part(half, true, breaks), bytesOf(other), whole}, nil, ""},
		{"nobody else answers", []http.HandlerFunc{part(half, true, breaks)}, ErrUnavailable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var once sync.Once
				var mu sync.Mutex
				ranges := ""
				first := c.servers[0]
				servers := slices.Clone(c.servers)
				servers[0] = func(w http.ResponseWriter, q *http.Request) { // at first alone, so that its bytes are sent
					once.Do(func() { time.Sleep(50 * time.Millisecond) })
					first(w, q)
				}
				if len(servers) > 1 {
					second := servers[1]
					servers[1] = func(w http.ResponseWriter, q *http.Request) {
						mu.Lock()
						ranges = q.Header.Get("Range")
						mu.Unlock()
						second(w, q)
					}
				}
				r := rigOf(t, servers...)
				defer r.end()
				f := r.fetch()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					f.Run(t.Context())
				}()
				got, err := read(f.Object)
				<-ended
				if !errors.Is(err, c.err) || c.err == nil && err != nil {
					t.Fatalf("got %v after %d bytes, want %v; %q", err, len(got), c.err, r.findings)
				}
				if want := theBody[:len(got)]; !bytes.Equal(got, want) || err == nil && len(got) != len(theBody) {
					t.Errorf("got %d bytes, want the segment's %d", len(got), len(theBody))
				}
				if ranges != c.ranges && c.ranges != "" {
					t.Errorf("the peer was asked for %q, want %q", ranges, c.ranges)
				}
			})
		})
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(t, silent, silent)
		defer r.end()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		f := r.fetch()
		f.Run(ctx)
		if c, _ := f.Object.Now(); !errors.Is(c.Err, ErrUnavailable) {
			t.Errorf("got %v, want %v", c.Err, ErrUnavailable)
		}
		synctest.Wait()
		for i := range r.asked {
			if r.asked[i].Load() == 0 {
				t.Errorf("server%d: want it asked", i+1)
			}
		}
	})
}

func TestFirstByteTimer(t *testing.T) {
	var w waits
	if got := w.firstByte(); got != firstByteLeast {
		t.Errorf("at first: got %s, want %s", got, firstByteLeast)
	}
	for range 64 {
		w.note(150 * time.Millisecond)
	}
	if got := w.firstByte(); got != 300*time.Millisecond {
		t.Errorf("150 ms each time: got %s, want twice that", got)
	}
	for range 64 {
		w.note(5 * time.Second)
	}
	if got := w.firstByte(); got != silence {
		t.Errorf("5 s each time: got %s, want %s", got, silence)
	}
}

// pieces is a body that comes in pieces.
type pieces struct {
	b    []byte
	size int
	err  error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, p.err
	}
	n := copy(b, p.b[:min(len(p.b), p.size)])
	p.b = p.b[n:]
	return n, nil
}

// FuzzReceive: whatever a packager sends, what is taken is what came, or an error.
func FuzzReceive(f *testing.F) {
	f.Add(packets(1, 3), int64(3*packetSize), 100, false)
	f.Add(packets(1, 3), int64(-1), 1, false)
	f.Add(packets(1, 3), int64(1000), 7, true)
	f.Add(packets(1, 3), int64(1000), 7, false)
	f.Add([]byte("<html>"), int64(6), 2, false)
	f.Add([]byte{}, int64(0), 1, false)
	f.Fuzz(func(t *testing.T, b []byte, size int64, piece int, broken bool) {
		if piece < 1 || size < -1 || size > 1<<20 {
			return
		}
		end := io.EOF
		if broken {
			end = io.ErrUnexpectedEOF
		}
		a := &attempt{object: NewObject("", time.Now()), state: progress{size: size}}
		err := a.receive(&pieces{bytes.Clone(b), piece, end}, overlap{size: size}, make(chan struct{}, 1))
		got := a.now().buf
		if !bytes.HasPrefix(b, got) {
			t.Fatalf("got %q of %q", got, b)
		}
		if err == nil && (!bytes.Equal(got, b) || broken || size >= 0 && int64(len(b)) != size) {
			t.Fatalf("got %d of %d bytes, told were %d, without an error", len(got), len(b), size)
		}
	})
}
