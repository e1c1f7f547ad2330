package tui

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
)

// BenchmarkFlood is a poll and the frame after it while 50,000 lines of log arrive a
// second, 5,000 a poll.
func BenchmarkFlood(b *testing.B) {
	m, _ := newTestModel(b, "on air", 120, 36, colour)
	lines := make([]platform.LogLine, 5000)
	some := someLogs()
	seq := uint64(1000)
	for b.Loop() {
		s := onAir()
		for i := range lines {
			lines[i] = some[i%len(some)]
			lines[i].Seq, lines[i].Time = seq, noon.Add(time.Duration(seq)*20*time.Microsecond)
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
			lines[i].Seq, lines[i].Time = seq, noon.Add(time.Duration(seq)*20*time.Microsecond)
			seq++
		}
		m.take(polled{m.scene.Now, m.scene.Snapshot, lines})
		m.View()
	}
}

// BenchmarkIdle is a poll that finds nothing new.
func BenchmarkIdle(b *testing.B) {
	m, _ := newTestModel(b, "on air", 120, 36, colour)
	p := polled{m.scene.Now, m.scene.Snapshot, nil}
	for b.Loop() {
		m.take(p)
		m.View()
	}
}

// BenchmarkFrame is a frame in which everything has changed.
func BenchmarkFrame(b *testing.B) {
	m, _ := newTestModel(b, "on air", 120, 36, colour)
	for b.Loop() {
		m.scene.Stamp++
		m.logs.Follow()
		m.View()
	}
}

// BenchmarkHundredSignals is a frame of a hundred signals in which everything has changed.
func BenchmarkHundredSignals(b *testing.B) {
	m, _ := newTestModel(b, "a hundred signals", 120, 36, colour)
	for b.Loop() {
		m.scene.Stamp++
		m.logs.Follow()
		m.View()
	}
}

// BenchmarkHundredSignalsTaken is the same with the poll before it.
func BenchmarkHundredSignalsTaken(b *testing.B) {
	m, _ := newTestModel(b, "a hundred signals", 120, 36, colour)
	s := m.scene.Snapshot
	for b.Loop() {
		s.Version++
		s.At = s.At.Add(100 * time.Millisecond)
		m.take(polled{s.At, s, nil})
		m.View()
	}
}
