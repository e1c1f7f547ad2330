package upload

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
	"livestream-tui/services/packager/sinktest"
)

// quick returns limits with short times.
func quick() limits {
	l := limitsOfBodies()
	l.places, l.share, l.head = 4, 3, 32<<10
	l.start, l.settled = 500*time.Millisecond, 100*time.Millisecond
	return l
}

// receiving is a receiver over HTTP, with limits.
func receiving(t *testing.T, l limits) (*sinktest.Bench, *Source, string) {
	t.Helper()
	b := sinktest.New(t, false)
	s := New(b.Sink, Options{Alive: func() {}, Log: hclog.NewNullLogger(), Metrics: prometheus.NewRegistry()})
	s.bodies = newBodies(l, hclog.New(&hclog.LoggerOptions{Output: b.Log}))
	r := mux.NewRouter()
	s.Routes(r)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return b, s, server.URL
}

// put sends a segment as a worker does.
func put(t *testing.T, url, name string, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/live01/"+name, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "video/mp4")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// trickling is a PUT of which some bytes come at once and then so many each pause.
type trickling struct {
	conn   net.Conn
	status chan int // what it is answered with, 0 for nothing
}

func trickle(t *testing.T, url string, number, atOnce, each int, pause time.Duration) *trickling {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	fmt.Fprintf(c, "PUT /live01/%d.m4s HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\nContent-Length: 60000000\r\n\r\n", number)
	out := &trickling{conn: c, status: make(chan int, 1)}
	go func() {
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			out.status <- 0
			return
		}
		_ = res.Body.Close()
		out.status <- res.StatusCode
	}()
	go func() {
		_, err := c.Write(make([]byte, atOnce))
		tick := time.NewTicker(max(pause, time.Millisecond))
		defer tick.Stop()
		for err == nil && each > 0 {
			<-tick.C
			_, err = c.Write(make([]byte, each))
		}
	}()
	return out
}

// patience bounds every wait of a test; it measures nothing.
const patience = 20 * time.Second

func (l *bodies) taken() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.placed)
}

func TestATricklingBodyIsCutOff(t *testing.T) {
	for _, c := range []struct {
		name         string
		atOnce, each int
	}{
		{"no byte at all", 0, 0},
		{"a byte now and then", 1, 1},
		{"much at once, then nothing", 64 << 10, 0},
		{"much at once, then a byte now and then", 64 << 10, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, s, url := receiving(t, quick())
			slow := trickle(t, url, 104, c.atOnce, c.each, 20*time.Millisecond)
			select {
			case got := <-slow.status:
				if got != http.StatusRequestTimeout {
					t.Errorf("got %d, want 408", got)
				}
			case <-time.After(patience):
				t.Fatal("it is read for ever")
			}
			servicetest.Await(t, "its place is free", func() bool { return s.bodies.taken() == 0 })
			if got := b.Log.Count("a body comes too slowly, it is cut off"); got != 1 {
				t.Errorf("got %d lines about it, want 1", got)
			}
		})
	}
}

// TestNoCrowdOfSlowBodiesKeepsAWorkerWaiting has as many as the attack that was found
// and more, in each of the ways that are slow, from the worker's own address.
func TestNoCrowdOfSlowBodiesKeepsAWorkerWaiting(t *testing.T) {
	for _, c := range []struct {
		name         string
		head, heads  int
		atOnce, each int
	}{
		{"that send a byte now and then", 1 << 20, 1 << 20, 1, 1},
		{"that send something and then a byte now and then", 1 << 20, 128 << 20, 64 << 10, 1},
		{"that send their head and then a byte now and then", 32 << 10, 128 << 20, 64 << 10, 1},
		{"that send a little more than the least rate", 32 << 10, 128 << 20, 64 << 10, 1 << 10}, // each 20 ms: 50 kB/s
		{"whose heads are more than there is room for", 1 << 20, 1 << 20, 64 << 10, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := limitsOfBodies()
			l.head, l.heads, l.settled = c.head, c.heads, 100*time.Millisecond
			b, s, url := receiving(t, l)
			if status, err := put(t, url, "init-aaaa.mp4", disktest.InitOf("a")); status != 204 {
				t.Fatalf("init section: got %d, %v", status, err)
			}
			for n := range 2 * l.places {
				trickle(t, url, 1000+n, c.atOnce, c.each, 20*time.Millisecond)
			}
			needed := c.atOnce > l.head || 2*l.places*c.atOnce > l.heads
			if needed {
				servicetest.Await(t, "places are taken", func() bool { return s.bodies.taken() >= l.share })
			}
			var group sync.WaitGroup
			began := time.Now()
			for n := int64(100); n < 104; n++ {
				group.Go(func() {
					if status, err := put(t, url, fmt.Sprintf("%d.m4s", n), disktest.SegmentOf(n, "live01")); status != 204 {
						t.Errorf("segment %d: got %d, %v, want it taken", n, status, err)
					}
				})
			}
			group.Wait()
			// A crowd that is waited for takes as long as a body may.
			if took := time.Since(began); took > l.whole/2 {
				t.Errorf("the worker waited for %s", took)
			} else {
				t.Logf("the worker waited for %s", took)
			}
			if got := s.bodies.taken(); got > 0 && !needed {
				t.Errorf("got %d places taken by bodies that have not come, want none", got)
			}
			if got := b.Log.Count("a body comes too slowly"); got > 2 {
				t.Errorf("got %d lines about the crowd, want one each 10 s", got)
			}
		})
	}
}

func TestALargeBodyIsReadWhole(t *testing.T) {
	_, s, url := receiving(t, limitsOfBodies())
	for _, size := range []int{s.bodies.head - 1, s.bodies.head, s.bodies.head + 1, 20 << 20} {
		// The body is not a segment, which shows once it is whole.
		if status, err := put(t, url, "104.m4s", make([]byte, size)); status != http.StatusBadRequest {
			t.Errorf("%d bytes: got %d, %v, want 400", size, status, err)
		}
	}
	if got := s.bodies.taken(); got != 0 || s.bodies.waiting != 0 {
		t.Errorf("got %d places and %d bytes taken in the end, want none", got, s.bodies.waiting)
	}
}

func TestOneAddressDoesNotTakeAllPlaces(t *testing.T) {
	l := newBodies(limits{places: 4, share: 3, rate: 1 << 10, settled: time.Hour}, hclog.NewNullLogger())
	w := httptest.NewRecorder()
	seat := func(address string) bool {
		_, ok := l.try(&body{address: address, control: http.NewResponseController(w), began: time.Now(), waits: time.Now()})
		return ok
	}
	for n := range 3 {
		if !seat("192.0.2.1") {
			t.Fatalf("place %d: got none", n)
		}
	}
	if seat("192.0.2.1") {
		t.Error("got a place beyond its share")
	}
	if !seat("192.0.2.2") {
		t.Error("another address: got no place")
	}
	if seat("192.0.2.3") {
		t.Error("got a place where there is none")
	}
}

func TestTheSlowestMakesRoom(t *testing.T) {
	l := newBodies(limits{places: 2, share: 2, rate: 1 << 10, settled: time.Second}, hclog.NewNullLogger())
	w := httptest.NewRecorder()
	now := time.Now()
	holder := func(bytes int, seated time.Duration) *body {
		b := &body{address: "192.0.2.1", control: http.NewResponseController(w), began: now.Add(-10 * time.Second), seated: now.Add(-seated), bytes: bytes}
		l.placed[b] = true
		return b
	}
	fast, slow := holder(5<<20, 5*time.Second), holder(1<<20, 5*time.Second)
	if _, ok := l.try(&body{address: "192.0.2.2", control: http.NewResponseController(w)}); ok {
		t.Error("got a place at once")
	}
	if !slow.evicted || fast.evicted {
		t.Errorf("got the slow one cut off %t, the fast one %t, want the slow one alone", slow.evicted, fast.evicted)
	}
	l.leave(slow)
	fresh := holder(0, 100*time.Millisecond)
	l.try(&body{address: "192.0.2.2", control: http.NewResponseController(w)})
	if fresh.evicted || !fast.evicted {
		t.Errorf("got one that has just begun cut off %t, want it to have its time", fresh.evicted)
	}
}
