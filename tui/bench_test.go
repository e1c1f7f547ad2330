package tui

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
)

// BenchmarkFlood is a look at the platform and the frame after it while 50,000
// lines of log come a second: 5,000 a look.
func BenchmarkFlood(b *testing.B) {
	m, _ := newTestModel(b, "on air", 120, 36, colour)
	lines := make([]platform.LogLine, 5000)
	some := someLogs()
	seq := uint64(1000)
	for b.Loop() {
		s := onAir()
		for i := range lines {
			lines[i] = some[i%len(some)]
			lines[i].Seq = seq
			seq++
		}
		s.Version, s.At = seq, noon.Add(time.Duration(seq)*20*time.Microsecond)
		m.take(polled{s.At, completed(s), lines})
		m.View()
	}
}

// BenchmarkFloodFiltered is the same with a filter.
func BenchmarkFloodFiltered(b *testing.B) {
	m, _ := newTestModel(b, "on air", 120, 36, colour)
	m.logs.SetFilter("refused|nothing")
	lines := make([]platform.LogLine, 5000)
	some := someLogs()
	seq := uint64(1000)
	for b.Loop() {
		for i := range lines {
			lines[i] = some[i%len(some)]
			lines[i].Seq = seq
			seq++
		}
		m.take(polled{m.scene.Now, m.scene.Snapshot, lines})
		m.View()
	}
}

// BenchmarkIdle is a look at which nothing has changed.
func BenchmarkIdle(b *testing.B) {
	m, _ := newTestModel(b, "on air", 120, 36, colour)
	p := polled{m.scene.Now, m.scene.Snapshot, nil}
	for b.Loop() {
		m.take(p)
		m.View()
	}
}

// BenchmarkFrame is a frame of which everything has changed.
func BenchmarkFrame(b *testing.B) {
	m, _ := newTestModel(b, "on air", 120, 36, colour)
	for b.Loop() {
		m.scene.Stamp++
		m.logs.Follow()
		m.View()
	}
}
