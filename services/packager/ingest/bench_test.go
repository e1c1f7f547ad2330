package ingest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
	"livestream-tui/services/packager/window"
)

// bench is a sink with a clock that stands, and what it logs.
type bench struct {
	t   *testing.T
	k   *Sink
	log *logged

	mu  sync.Mutex
	now time.Time
}

// logged is what was logged. Safe for concurrent use.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// count is how many lines have a text.
func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// newBench has its clock at the end of segment 103 of the plain grid.
func newBench(t *testing.T, sole bool) *bench {
	b := &bench{t: t, log: &logged{}, now: time.Unix(208, 0)}
	b.k = NewSink(Options{
		Window: 4, Sole: sole, Metrics: prometheus.NewRegistry(),
		Log: hclog.New(&hclog.LoggerOptions{Output: b.log, Level: hclog.Debug}),
		Now: func() time.Time {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.now
		},
	})
	return b
}

// pass lets time pass, and the sink look once at its end.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	b.now = b.now.Add(d)
	b.mu.Unlock()
	b.k.look()
}

// snapshot is what is served of live01, nil for nothing.
func (b *bench) snapshot() *window.Snapshot {
	snap, _ := b.k.Find("live01")
	return snap
}

// shown is what is listed, in short: - before a gap, ! before a discontinuity.
func (b *bench) shown() string {
	snap := b.snapshot()
	if snap == nil {
		return "nothing"
	}
	if snap.Gone {
		return "gone"
	}
	var list []string
	for _, s := range snap.List.Segments {
		mark := ""
		if s.Gap {
			mark = "-"
		}
		if s.Discontinuity {
			mark += "!"
		}
		list = append(list, mark+strings.TrimSuffix(s.URI, media.SegmentExt))
	}
	if snap.List.EndList {
		list = append(list, "end")
	}
	return strings.Join(list, " ")
}

func (b *bench) want(when, want string) {
	b.t.Helper()
	if got := b.shown(); got != want {
		b.t.Errorf("%s: got %q, want %q", when, got, want)
	}
}

// brought is a worker's side of HTTP without HTTP.
type brought struct {
	*disktest.Disk
	b *bench
}

func newBrought(b *bench) *brought {
	return &brought{&disktest.Disk{T: b.t, Signal: "live01", Window: 4, Init: "init-aaaa.mp4", List: disktest.NewList()}, b}
}

// bring brings one thing.
func (p *brought) bring(name string, body []byte) error {
	p.T.Helper()
	r := Receiver{to: p.b.k}
	if name == media.PlaylistName {
		return r.playlist(p.Signal, body)
	}
	return r.media(p.Signal, name, body)
}

func (p *brought) must(name string, body []byte) {
	p.T.Helper()
	if err := p.bring(name, body); err != nil && err != errSame { //nolint:errorlint // it is not wrapped
		p.T.Errorf("%s: got %v, want it taken", name, err)
	}
}

// publish brings segments from one number to another, then the playlist.
func (p *brought) publish(from, to int64) {
	p.T.Helper()
	p.must(p.Init, disktest.InitOf(p.Init))
	for msn := from; msn <= to; msn++ {
		p.must(media.SegmentName(msn), p.Segment(msn))
		p.Add(msn)
	}
	p.must(media.PlaylistName, p.List.Encode())
}

// parsed is a playlist.
func parsed(t *testing.T, text []byte) *m3u8.MediaPlaylist {
	t.Helper()
	list, err := m3u8.ParseMedia(text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
