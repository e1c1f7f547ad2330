package tail

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/procs/samefile"
)

const (
	// LineMost is how many bytes of one line are handed on; the rest is skipped and
	// counted.
	LineMost = 64 << 10
	// FileMost is how many bytes a file may have before it is kept as the predecessor
	// and truncated in place.
	FileMost = 16 << 20

	bufferSize = 256 << 10
	fileMode   = 0o644
	drainMost  = time.Second // how long Drain waits
)

// Tail follows one log file. Children write to the file itself, never to a pipe
// of ours: a supervisor that is stopped or slow must not block them. Nor does a slow
// consumer of the lines block supervision: Follow's goroutine calls it, without a lock,
// and every wait for that goroutine has a limit.
//
// A file that was moved or removed is made again at its path. Children that have the old
// one open write to it until they end: what they write is carried over, so that the file
// at the path has all that is written from then on. Where it cannot be made, the old one
// is followed and written to as before.
type Tail struct {
	path   string
	to     taker
	lost   atomic.Int64
	drains chan chan struct{}
	wake   chan struct{} // holds one: the file may have grown

	mu   sync.Mutex
	home *source   // what children are given, and lines are read from; guarded by mu
	old  []*source // moved or removed, and written to still; guarded by mu

	buffer []byte // Follow's goroutine's
}

// New opens the file at path, which is made with its folder. line gets each line that is
// written from now on, and must not keep it. A flood costs less with block, which may be nil:
// it gets complete lines, many at once and each with its end, and must not keep them either.
// Where it returns false it has taken none, and line gets each of them.
func New(path string, line func([]byte), block func([]byte) bool) (*Tail, error) {
	home, err := openSource(path)
	if err != nil {
		return nil, err
	}
	return &Tail{path: path, to: taker{line, block}, home: home, drains: make(chan chan struct{}), wake: make(chan struct{}, 1), buffer: make([]byte, bufferSize)}, nil
}

// Open returns the file for a child to append to, which stays the tail's own. Call ended
// once nothing of that child writes any more.
func (t *Tail) Open() (out *os.File, ended func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.renew()
	s := t.home
	s.writers++
	return s.out, sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		s.writers--
	})
}

// renew makes the file again where it is not at its path. Needs mu.
func (t *Tail) renew() {
	if samefile.At(t.home.file, t.path) {
		return
	}
	s, err := openSource(t.path)
	if err != nil {
		return // the next look tries again
	}
	t.old, t.home = append(t.old, t.home), s
}

// Follow hands on what is written until ctx is cancelled, and then what is left. Watch
// wakes it.
func (t *Tail) Follow(ctx context.Context) {
	defer t.Close()
	for {
		select {
		case <-ctx.Done():
			t.finish()
			return
		case done := <-t.drains:
			t.finish()
			close(done)
		case <-t.wake:
			t.read()
		}
	}
}

// Drain waits, for a second at most, until all that is in the file is handed on: when its
// writer has gone, its last words come before the news of its end.
func (t *Tail) Drain() {
	patience := time.NewTimer(drainMost)
	defer patience.Stop()
	done := make(chan struct{})
	select {
	case t.drains <- done:
	case <-patience.C:
		return
	}
	select {
	case <-done:
	case <-patience.C:
	}
}

// Lost is how many bytes were never handed on: truncated before they were read, or the
// rest of overlong lines. Safe for concurrent use.
func (t *Tail) Lost() int64 { return t.lost.Load() }

// Close closes the files. Follow calls it when it ends.
func (t *Tail) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.home.close()
	for _, s := range t.old {
		s.close()
	}
	t.old = nil
}

// finish hands on all there is, an unfinished last line included.
func (t *Tail) finish() { t.look(true) }

// read hands on all complete lines.
func (t *Tail) read() { t.look(false) }

func (t *Tail) look(finish bool) {
	t.mu.Lock()
	t.renew()
	home, old := t.home, append([]*source(nil), t.old...)
	idle := map[*source]bool{} // not written to any more: once read it is of no use
	for _, s := range old {
		idle[s] = s.writers == 0
	}
	t.mu.Unlock()
	for _, s := range old {
		if !s.moved {
			s.moved, s.base = true, s.offset
		}
		t.carry(s, home, finish || idle[s])
	}
	t.readEach(home, t.to, func() {})
	if finish {
		home.finish(t.to.line)
	}
	if len(idle) > 0 {
		t.forget(idle)
	}
}

// carry appends to home what is new in a file that is no longer at its path.
func (t *Tail) carry(s, home *source, finish bool) {
	var lines []byte
	add := taker{line: func(line []byte) { lines = append(append(lines, line...), '\n') }}
	write := func() {
		if _, err := home.out.Write(lines); err != nil { // the disk may be full: not lost on the screen
			t.lost.Add((&source{}).split(lines, t.to))
		}
		lines = lines[:0]
	}
	t.readEach(s, add, write)
	if finish {
		s.finish(add.line)
		write()
	}
}

// forget closes the files that are idle.
func (t *Tail) forget(idle map[*source]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.old[:0]
	for _, s := range t.old {
		if idle[s] {
			s.close()
		} else {
			kept = append(kept, s)
		}
	}
	t.old = kept
}

// readEach hands on all complete lines of a source, and calls each after every piece that was
// read.
func (t *Tail) readEach(s *source, to taker, each func()) {
	for {
		n, err := s.file.ReadAt(t.buffer, s.offset)
		s.offset += int64(n)
		if n > 0 {
			t.lost.Add(s.split(t.buffer[:n], to))
			each()
		}
		info, statErr := s.file.Stat()
		if statErr != nil {
			return // the next read meets it again
		}
		switch size := info.Size(); {
		case size < s.offset:
			s.offset, s.base = 0, 0 // another has truncated it
		case size-s.offset >= FileMost, s.offset-s.base >= 2*FileMost, err != nil && s.offset-s.base >= FileMost:
			// At its end; or in a flood, where to lose some is better than to let the
			// file grow while we run after it.
			t.truncate(s, size, to, each)
		}
		if err != nil {
			return // the end of what there is, or a disk error that the next read meets again
		}
	}
}

// restMost is how much is still read of what was written while a file was being kept.
const restMost = 4 << 20

// truncate empties a file that had size bytes a moment ago; their end stays in the
// predecessor. A file that was moved has again what it had then. What was written meanwhile
// is handed on, unless it is a flood. What is written between the last look and this is lost
// without being counted.
func (t *Tail) truncate(s *source, size int64, to taker, each func()) {
	if kept, err := keep(s.file, t.path, size); err == nil {
		size = kept
	} // else the disk may be full: the log is bounded nevertheless
	if size-s.offset <= restMost {
		t.readUpTo(s, size, to, each)
	}
	if s.file.Truncate(s.base) != nil {
		return
	}
	if unread := size - s.offset; unread > 0 {
		// What comes next may begin in the middle of a line.
		t.lost.Add(unread + int64(len(s.part)))
		s.part, s.skip = s.part[:0], true
	}
	s.offset = s.base
}

// readUpTo reads on to an offset, or to an error.
func (t *Tail) readUpTo(s *source, end int64, to taker, each func()) {
	for s.offset < end {
		n, err := s.file.ReadAt(t.buffer[:min(end-s.offset, int64(len(t.buffer)))], s.offset)
		s.offset += int64(n)
		t.lost.Add(s.split(t.buffer[:n], to))
		each()
		if err != nil {
			return
		}
	}
}
