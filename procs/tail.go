package procs

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	lineMost   = 64 << 10 // bytes of one line; the rest of it is skipped and counted
	logMost    = 16 << 20 // bytes of a log file before it is kept as the last one and truncated in place
	tailBuffer = 256 << 10
	logMode    = 0o644
	drainMost  = time.Second // how long a restart waits for the last words to be told
)

// tail follows one log file. Children write to the file itself, never to a pipe
// of ours: a supervisor that is stopped or slow must not block them. Nor does
// whoever takes the lines block supervision: they are told by follow's goroutine,
// which holds no lock and which nobody waits for without a limit.
//
// A file that was moved or removed is made again at its path. Those who write to the
// old one do so until they end: what they write is carried over, so that the file at
// the path has all that is said from then on. Where it cannot be made, the old one is
// followed and written to as before.
type tail struct {
	path   string
	line   func([]byte)
	lost   atomic.Int64
	drains chan chan struct{}
	wake   chan struct{} // holds one: the file may have grown

	mu   sync.Mutex
	home *source   // what children are given, and lines are told from; guarded by mu
	old  []*source // moved or removed, and written to still; guarded by mu

	buffer []byte // follow's goroutine's
}

// newTail opens the file at path. What an earlier run left in it is kept but not
// told again.
func newTail(path string, line func([]byte)) (*tail, error) {
	home, err := openSource(path)
	if err != nil {
		return nil, err
	}
	return &tail{path: path, line: line, home: home, drains: make(chan chan struct{}), wake: make(chan struct{}, 1), buffer: make([]byte, tailBuffer)}, nil
}

// open returns the file for a child to append to, which stays the tail's own, and
// what to call once nothing of that child writes any more.
func (t *tail) open() (out *os.File, ended func()) {
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
func (t *tail) renew() {
	if isStill(t.home.file, t.path) {
		return
	}
	s, err := openSource(t.path)
	if err != nil {
		return // the next look tries again
	}
	t.old, t.home = append(t.old, t.home), s
}

// follow tells what is written until ctx is cancelled, and then what is left.
// watch tells it when to look.
func (t *tail) follow(ctx context.Context) {
	defer t.close()
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

// drain has everything told that is in the file, when its writer has gone, so
// that its last words come before the news of its end. It waits only so long.
func (t *tail) drain() {
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

// Lost is how many bytes of log were never told: truncated before they were
// read, or the rest of overlong lines. Safe for concurrent use.
func (t *tail) Lost() int64 { return t.lost.Load() }

func (t *tail) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.home.close()
	for _, s := range t.old {
		s.close()
	}
	t.old = nil
}

// finish tells what there is, the last lines without their end included.
func (t *tail) finish() { t.look(true) }

// read tells all complete lines.
func (t *tail) read() { t.look(false) }

func (t *tail) look(finish bool) {
	t.mu.Lock()
	t.renew()
	home, old := t.home, append([]*source(nil), t.old...)
	idle := map[*source]bool{} // nobody writes to it: once read it is of no use
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
	t.readFrom(home, t.line)
	if finish {
		home.finish(t.line)
	}
	if len(idle) > 0 {
		t.forget(idle)
	}
}

// carry appends to home what is new in a file that is at its path no more.
func (t *tail) carry(s, home *source, finish bool) {
	var lines []byte
	keep := func(line []byte) { lines = append(append(lines, line...), '\n') }
	write := func() {
		if _, err := home.out.Write(lines); err != nil { // the disk is full, say: not lost on the screen
			t.lost.Add((&source{}).split(lines, t.line))
		}
		lines = lines[:0]
	}
	t.readEach(s, keep, write)
	if finish {
		s.finish(keep)
		write()
	}
}

// forget closes the files of which all has been read, and that nobody writes to.
func (t *tail) forget(idle map[*source]bool) {
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

// readFrom tells all complete lines of a source.
func (t *tail) readFrom(s *source, line func([]byte)) { t.readEach(s, line, func() {}) }

// readEach is readFrom that calls each after every piece that was read.
func (t *tail) readEach(s *source, line func([]byte), each func()) {
	for {
		n, err := s.file.ReadAt(t.buffer, s.offset)
		s.offset += int64(n)
		if n > 0 {
			t.lost.Add(s.split(t.buffer[:n], line))
			each()
		}
		info, statErr := s.file.Stat()
		if statErr != nil {
			return // the next read meets it again
		}
		switch size := info.Size(); {
		case size < s.offset:
			s.offset, s.base = 0, 0 // another has truncated it
		case size-s.offset >= logMost, s.offset-s.base >= 2*logMost, err != nil && s.offset-s.base >= logMost:
			// At its end; or in a flood, where we rather lose some than let the
			// file grow while we run after it.
			t.truncate(s, size)
		}
		if err != nil {
			return // the end of what there is, or a disk error that the next read meets again
		}
	}
}

// truncate empties a file, in which size bytes were a moment ago; predecessor has
// the end of them. One that was moved has again what it had then. What is written
// between the last look and this is lost without being counted.
func (t *tail) truncate(s *source, size int64) {
	if kept, err := keep(s.file, t.path, size); err == nil {
		size = kept
	} // else the disk is full, say: the log is bounded nevertheless
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
