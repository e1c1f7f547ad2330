package sinktest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/window"
)

// Bench is a sink with a clock that stands still until Pass, and what it logs.
type Bench struct {
	Sink *sink.Sink
	Log  *Log
	t    *testing.T

	mu  sync.Mutex
	now time.Time // guarded by mu
}

// Log is what was logged. Safe for concurrent use.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// Count returns how many lines contain a text.
func (l *Log) Count(text string) int {
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

// New returns a bench whose clock is at the end of segment 103 of the plain grid.
func New(t *testing.T, sole bool) *Bench {
	b := &Bench{t: t, Log: &Log{}, now: time.Unix(208, 0)}
	b.Sink = sink.New(sink.Options{
		Window: 4, Sole: sole, Metrics: prometheus.NewRegistry(),
		Log: hclog.New(&hclog.LoggerOptions{Output: b.Log, Level: hclog.Debug}), Now: b.Now,
	})
	return b
}

// Now is the bench's clock.
func (b *Bench) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// Set sets the clock.
func (b *Bench) Set(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
}

// Pass lets time pass, and the sink step once at its end.
func (b *Bench) Pass(d time.Duration) {
	b.Set(b.Now().Add(d))
	b.Sink.Step()
}

// Snapshot is the snapshot of live01, nil when there is none.
func (b *Bench) Snapshot() *window.Snapshot {
	snap, _ := b.Sink.Find("live01")
	return snap
}

// Shown is what is listed, in short: - before a gap, ! before a discontinuity.
func (b *Bench) Shown() string {
	snap := b.Snapshot()
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

// Want fails the test unless want is shown.
func (b *Bench) Want(when, want string) {
	b.t.Helper()
	if got := b.Shown(); got != want {
		b.t.Errorf("%s: got %q, want %q", when, got, want)
	}
}
