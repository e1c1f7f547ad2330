package local

import (
	"sync"

	"livestream-tui/procs/platform"
)

// ring keeps the newest lines of log. It numbers them from 1. Safe for concurrent use: the
// platform itself may log at any time.
type ring struct {
	mu    sync.Mutex
	lines []platform.LogLine // line seq is at (seq-1) % len; guarded by mu
	seq   uint64             // of the newest line; 0 while the ring is empty; guarded by mu
}

func newRing(most int) *ring { return &ring{lines: make([]platform.LogLine, most)} }

// newest returns the number of the newest line; 0 while the ring is empty.
func (r *ring) newest() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seq
}

// add numbers a line and keeps it.
func (r *ring) add(l platform.LogLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	l.Seq = r.seq
	r.lines[(r.seq-1)%uint64(len(r.lines))] = l
}

// after returns copies of up to limit lines after number since, oldest first. Lines that
// have left the ring are skipped.
func (r *ring) after(since uint64, limit int) []platform.LogLine {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since >= r.seq || limit <= 0 {
		return nil
	}
	if kept := uint64(len(r.lines)); r.seq-since > kept {
		since = r.seq - kept
	}
	n := min(r.seq-since, uint64(limit))
	list := make([]platform.LogLine, 0, n)
	for seq := since + 1; seq <= since+n; seq++ {
		list = append(list, r.lines[(seq-1)%uint64(len(r.lines))])
	}
	return list
}
