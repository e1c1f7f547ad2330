package output

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/servicetest"
)

// clocked is a packager whose clock is behind: what has a number above now is early.
type clocked struct {
	mu    sync.Mutex
	now   int64          // guarded by mu
	puts  map[string]int // by name; guarded by mu
	taken map[string]bool
}

func (c *clocked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set(ingest.InstanceHeader, "x")
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	if r.Method != http.MethodPut {
		http.NotFound(w, r)
		return
	}
	c.puts[name]++
	if msn, err := media.SegmentNumber(name); err == nil && msn > c.now {
		ingest.SetWait(w.Header(), 0)
		w.WriteHeader(http.StatusTooEarly)
		_, _ = io.WriteString(w, `{"error":"it is early: a clock is wrong"}`)
		return
	}
	c.taken[name] = true
	w.WriteHeader(http.StatusNoContent)
}

func (c *clocked) sent(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.puts[name]
}

func (c *clocked) has(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken[name]
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestWhatComesTooEarlyIsSentAgainWhenItsTimeHasCome(t *testing.T) {
	p, log := &clocked{now: 11, puts: map[string]int{}, taken: map[string]bool{}}, &lines{}
	server := httptest.NewServer(p)
	defer server.Close()
	counters := Metrics{
		Delivered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "d"}, []string{"signal", "packager", "result"}),
		Missed:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "m"}, []string{"signal", "packager"}),
	}
	store, err := openIngest(Config{Log: hclog.New(&hclog.LoggerOptions{Output: log}), Metrics: counters}, []string{server.URL}, "live01", 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w := NewWindow(plain, testWindow)
	for n := int64(10); n <= 12; n++ {
		w = w.With(n, "init-a.mp4")
		if err := store.Publish(&media.Segment{MSN: n, Data: []byte{byte(n)}}, Init{"init-a.mp4", []byte("init")}, w); err != nil {
			t.Fatal(err)
		}
	}
	servicetest.Await(t, "it is tried again", func() bool { return p.sent("12.m4s") >= 3 })
	if p.has(media.PlaylistName) || p.sent("11.m4s") != 1 {
		t.Errorf("11 was sent %d times, want once, and the playlist not before 12", p.sent("11.m4s"))
	}
	const early = "they come before their time"
	if n := log.count(early); n != 1 || log.count("a clock is wrong") != 1 {
		t.Errorf("the log says so %d times, want once, with the packager's words", n)
	}
	p.mu.Lock()
	p.now = 12
	p.mu.Unlock()
	servicetest.Await(t, "it is taken, with the playlist", func() bool { return p.has("12.m4s") && p.has(media.PlaylistName) })
	servicetest.Await(t, "the log says that it is over", func() bool { return log.count("accepts segments again") == 1 })
}

func TestHowLongToWait(t *testing.T) {
	h := http.Header{}
	if got := ingest.Wait(h, time.Minute); got != time.Minute {
		t.Errorf("without a word: got %s, want the default", got)
	}
	for wait, want := range map[time.Duration]time.Duration{0: 0, time.Millisecond: time.Second, 2 * time.Second: 2 * time.Second, 2100 * time.Millisecond: 3 * time.Second} {
		ingest.SetWait(h, wait)
		if got := ingest.Wait(h, time.Minute); got != want {
			t.Errorf("%s: got %s, want %s", wait, got, want)
		}
	}
}
