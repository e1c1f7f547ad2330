package local

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// ring keeps the newest lines of log. It numbers them from 1. Most lines are never read, so
// that one is parsed only when it is. Safe for concurrent use: the platform itself may log at
// any time.
type ring struct {
	mu    sync.Mutex
	lines []kept // line seq is at (seq-1) % len; guarded by mu
	seq   uint64 // of the newest line; 0 while the ring is empty; guarded by mu
	// room is what is left of the memory that raw lines are put into, many at a time.
	// Guarded by mu.
	room []byte
}

// roomSize is how many bytes of raw lines share a piece of memory.
const roomSize = 64 << 10

// kept is a line of the ring: parsed, or raw.
type kept struct {
	line *platform.LogLine // nil until it is read; never written to
	// raw is never written to. process and at are of a raw line, at is when it came.
	raw     []byte
	process string
	at      time.Time
}

func newRing(most int) *ring { return &ring{lines: make([]kept, most)} }

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
	*r.at(r.seq) = kept{line: &l}
}

// addQuiet numbers a line of which event.IsQuiet is true, and keeps a copy of it.
func (r *ring) addQuiet(process string, line []byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	if len(r.room) < len(line) {
		r.room = make([]byte, max(len(line), roomSize))
	}
	n := copy(r.room, line)
	*r.at(r.seq) = kept{raw: r.room[:n:n], process: process, at: now}
	r.room = r.room[n:]
}

// addQuietLines is addQuiet for lines of which event.AreQuiet is true, each with its end.
func (r *ring) addQuietLines(process string, lines []byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.room) < len(lines) {
		r.room = make([]byte, max(len(lines), roomSize))
	}
	n := copy(r.room, lines)
	lines, r.room = r.room[:n:n], r.room[n:]
	for len(lines) > 0 {
		i := bytes.IndexByte(lines, '\n')
		if i < 0 {
			i = len(lines)
		}
		r.seq++
		*r.at(r.seq) = kept{raw: lines[:i:i], process: process, at: now}
		lines = lines[min(i+1, len(lines)):]
	}
}

// at needs mu.
func (r *ring) at(seq uint64) *kept { return &r.lines[(seq-1)%uint64(len(r.lines))] }

// after returns lines after number since, oldest first. Of more than limit it returns those
// at level warn and above, the newest if these are too many, and the newest of the others.
// Lines that have left the ring are skipped.
func (r *ring) after(since uint64, limit int) []platform.LogLine {
	list := r.chosen(since, limit)
	if len(list) == 0 {
		return nil
	}
	parsed := make([]platform.LogLine, len(list))
	for i, k := range list {
		if k.line == nil {
			k.line = &platform.LogLine{Seq: k.seq, Process: k.process, Line: event.ParseLine(k.raw, k.at)}
			r.replace(k)
		}
		parsed[i] = *k.line
	}
	return parsed
}

// numbered is a line with its number.
type numbered struct {
	kept
	seq uint64
}

// chosen returns what after does, not parsed yet.
func (r *ring) chosen(since uint64, limit int) []numbered {
	r.mu.Lock()
	defer r.mu.Unlock()
	if since >= r.seq || limit <= 0 {
		return nil
	}
	if most := uint64(len(r.lines)); r.seq-since > most {
		since = r.seq - most
	}
	urgent := 0
	if r.seq-since > uint64(limit) {
		for seq := r.seq; seq > since && urgent < limit; seq-- {
			if r.at(seq).isUrgent() {
				urgent++
			}
		}
	}
	list, others := make([]numbered, 0, min(r.seq-since, uint64(limit))), limit-urgent
	for seq := r.seq; seq > since && len(list) < limit; seq-- {
		k := r.at(seq)
		if !k.isUrgent() {
			if others == 0 {
				continue
			}
			others--
		}
		list = append(list, numbered{*k, seq})
	}
	slices.Reverse(list)
	return list
}

func (k *kept) isUrgent() bool { return k.line != nil && k.line.Level >= event.LevelWarn }

// replace puts a line that was parsed into the place of the raw one, if the ring has it still.
func (r *ring) replace(k numbered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := r.at(k.seq); r.seq-k.seq < uint64(len(r.lines)) && at.line == nil {
		*at = kept{line: k.line}
	}
}
