package peer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
	"livestream-tui/services/packager/sinktest"
)

// other is a packager beside the one under test, with a worker of its own.
type other struct {
	*disktest.Disk
	url string

	mu     sync.Mutex
	media  map[string][]byte // guarded by mu
	asked  []string          // names; guarded by mu
	digest func(body []byte) string
	names  []string // of /signals
}

func newOther(t *testing.T) *other {
	o := &other{
		Disk:  &disktest.Disk{T: t, Signal: "live01", Window: 4, Init: "init-aaaa.mp4", List: disktest.NewList()},
		media: map[string][]byte{}, digest: ingest.Digest,
	}
	o.media[o.Init] = disktest.InitOf(o.Init)
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	o.url = s.URL
	return o
}

func (o *other) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	o.asked = append(o.asked, name)
	switch body := o.media[name]; {
	case r.URL.Path == ingest.SignalsPath:
		_ = json.NewEncoder(w).Encode(o.names)
	case name == media.PlaylistName:
		_, _ = w.Write(o.List.Encode())
	case body != nil:
		w.Header().Set(ingest.DigestHeader, o.digest(body))
		_, _ = w.Write(body)
	default:
		http.NotFound(w, r)
	}
}

// has gives it segments from one number to another, and lists them.
func (o *other) has(from, to int64) {
	for msn := from; msn <= to; msn++ {
		o.media[media.SegmentName(msn)] = o.Segment(msn)
		o.Add(msn)
	}
}

// count is how many media objects it was asked for.
func (o *other) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.asked)
}

// rig is a sink with a source of peers, on a clock that stands still.
type rig struct {
	t *testing.T
	*sinktest.Bench
	s *Source
	w *sinktest.Worker
}

func newRig(t *testing.T) *rig {
	b := sinktest.New(t, false)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return &rig{t, b, New(b.Sink, Options{
		Window: 4, Client: client, Now: b.Now, Metrics: prometheus.NewRegistry(), Log: hclog.New(&hclog.LoggerOptions{Output: b.Log}),
	}), sinktest.NewWorker(b)}
}

// hears takes the playlist of a peer.
func (r *rig) hears(o *other) {
	list := o.List
	list.Segments = append([]m3u8.Segment(nil), o.List.Segments...)
	r.s.Listed(o.url, "live01", &list)
}

// step pulls what is due, and returns how many signals were pulled.
func (r *rig) step() int {
	var due []string
	r.s.step(func(signal string) { due = append(due, signal) })
	for _, signal := range due {
		r.s.pull(r.t.Context(), signal)
		<-r.s.places
	}
	return len(due)
}

func (r *rig) pulled(result string) float64 {
	return testutil.ToFloat64(r.s.results.WithLabelValues(result))
}

// publish lets the worker bring segments, which the source hears of.
func (r *rig) publish(from, to int64) {
	r.w.Publish(from, to)
	for msn := from; msn <= to; msn++ {
		r.s.Brought("live01", msn)
	}
}

func TestAFreshPackagerPullsTheWholeWindow(t *testing.T) {
	r, o := newRig(t), newOther(t)
	o.has(98, 103)
	_ = r.Sink.Open("live01")
	r.hears(o)
	if n := r.step(); n != 0 || o.count() != 0 {
		t.Errorf("at once: %d pulls, want the workers to have their turn", n)
	}
	r.Pass(740 * time.Millisecond)
	r.step()
	r.Want("before the time", "nothing")
	r.Pass(20 * time.Millisecond)
	r.step()
	r.Want("then", "100 101 102 103")
	if got := r.pulled("taken"); got != 5 {
		t.Errorf("got %v objects, want four segments and an init section", got)
	}
	if n := r.step(); n != 0 {
		t.Errorf("%d pulls of what is there, want none", n)
	}
}

func TestWhileAWorkerDeliversInTimeNothingIsPulled(t *testing.T) {
	r, o := newRig(t), newOther(t)
	r.publish(100, 103)
	o.has(100, 103)
	for msn := int64(104); msn < 110; msn++ {
		r.Pass(1300 * time.Millisecond)
		o.has(msn, msn)
		r.hears(o)
		r.Pass(700 * time.Millisecond) // the worker is slow, and in time
		r.step()
		r.publish(msn, msn)
		r.step()
	}
	if o.count() != 0 {
		t.Errorf("it was asked for %v, want nothing", o.asked)
	}
}

// The first segment that is missing is waited for, the next ones hardly: this packager must
// not be behind its peer by half a segment each time.
func TestAPackagerThatNoWorkerReachesFollowsItsPeer(t *testing.T) {
	r, o := newRig(t), newOther(t)
	r.publish(100, 103)
	o.has(100, 104)
	r.hears(o)
	r.Pass(760 * time.Millisecond)
	r.step()
	r.Want("the first", "101 102 103 104")
	for msn := int64(105); msn < 108; msn++ {
		r.Pass(1800 * time.Millisecond)
		o.has(msn, msn)
		r.hears(o)
		r.Pass(130 * time.Millisecond)
		r.step()
		if got := r.Sink.Newest("live01"); got != msn {
			t.Errorf("130 ms after its peer lists %d: got %d", msn, got)
		}
	}
	if n := r.Log.Count("no worker brings segments in time"); n != 1 {
		t.Errorf("it is logged %d times, want once", n)
	}
	// A worker is back: it is waited for again.
	r.publish(108, 108)
	o.has(108, 109)
	r.hears(o)
	before := o.count()
	r.Pass(700 * time.Millisecond)
	r.step()
	if o.count() != before || r.Log.Count("workers bring segments in time again") != 1 {
		t.Errorf("it was asked for %v, want the worker to have its turn again", o.asked[before:])
	}
}

func TestAHoleIsFilledFromAPeer(t *testing.T) {
	r, o := newRig(t), newOther(t)
	r.publish(100, 103)
	o.has(100, 105)
	r.hears(o)
	r.w.Add(104)
	r.publish(105, 105)
	r.Want("104 is missing", "100 101 102 103")
	r.Pass(760 * time.Millisecond)
	r.step()
	r.Want("then", "102 103 104 105")
	if got := r.pulled("taken"); got != 1 {
		t.Errorf("got %v objects, want 104 alone", got)
	}
}

func TestWhatAPeerHasWrongIsNotTaken(t *testing.T) {
	for _, c := range []struct {
		name   string
		wrong  func(o *other)
		result string
		want   string
	}{
		{"other bytes than its digest says", func(o *other) { o.digest = func([]byte) string { return ingest.Digest([]byte("x")) } }, "failed", "100 101 102 103"},
		{"no digest", func(o *other) { o.digest = func([]byte) string { return "" } }, "failed", "100 101 102 103"},
		{"no segment", func(o *other) { o.media["104.m4s"] = []byte("<html>") }, "failed", "100 101 102 103"},
		{"another segment", func(o *other) { o.media["104.m4s"] = disktest.SegmentOf(103, "live01") }, "refused", "100 101 102 103"},
		{"nothing", func(o *other) { delete(o.media, "104.m4s") }, "failed", "100 101 102 103"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, bad, good := newRig(t), newOther(t), newOther(t)
			r.publish(100, 103)
			bad.has(100, 104)
			c.wrong(bad)
			r.hears(bad)
			r.Pass(time.Second)
			r.step()
			r.Want("from the bad one", c.want)
			if got := r.pulled(c.result); got != 1 {
				t.Errorf("%s: got %v, want 1", c.result, got)
			}
			asked := bad.count()
			r.Pass(100 * time.Millisecond)
			if r.step(); bad.count() != asked {
				t.Error("it is asked again at once, want a pause")
			}
			good.has(100, 104)
			r.hears(good)
			for range 4 {
				r.Pass(2 * time.Second)
				r.step()
			}
			r.Want("with a good one", "101 102 103 104")
		})
	}
}

func TestNamesOfAPeerLeadNowhereElse(t *testing.T) {
	r, o := newRig(t), newOther(t)
	_ = r.Sink.Open("live01")
	o.has(100, 103)
	o.List.Segments[3].Map = &m3u8.Map{URI: "../admin"}
	r.hears(o)
	r.Pass(time.Second)
	if r.step(); o.count() != 0 {
		t.Errorf("it was asked for %v, want nothing", o.asked)
	}
}

// A peer that hears of the end later does not keep a signal alive.
func TestASignalThatEndsTakesNothingFromAPeer(t *testing.T) {
	r, o := newRig(t), newOther(t)
	r.publish(100, 103)
	if err := r.Sink.End("live01"); err != nil {
		t.Fatal(err)
	}
	o.has(100, 104)
	r.hears(o)
	r.Pass(time.Second)
	r.step()
	r.Pass(5 * time.Second)
	r.step()
	r.Want("after its end", "100 101 102 103 end")
	if o.count() != 0 {
		t.Errorf("it was asked for %v, want nothing", o.asked)
	}
}

// A signal that has ended here is taken up again only where a peer goes on with it.
func TestDiscover(t *testing.T) {
	r, o := newRig(t), newOther(t)
	o.names = []string{"live01", "../no", "live02"}
	o.has(100, 103)
	var known []string
	discover := func() string {
		known = r.s.round(t.Context(), []string{o.url}, known)
		return fmt.Sprint(known)
	}
	if got := discover(); got != "[live01 live02]" {
		t.Fatalf("got %s, want the signals of its peer", got)
	}
	known = append(known, "live03") // it has gone
	o.names = append(o.names, "live03")
	for range 2 {
		if got := discover(); got != "[live01 live02]" {
			t.Errorf("got %s, want no signal that has ended here", got)
		}
	}
	o.mu.Lock()
	o.has(104, 104)
	o.mu.Unlock()
	if got := discover(); got != "[live01 live02 live03]" {
		t.Errorf("got %s, want it back, since it goes on", got)
	}
}
