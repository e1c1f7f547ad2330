package procs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
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
type tail struct {
	path   string
	line   func([]byte)
	lost   atomic.Int64
	next   atomic.Pointer[source] // a new file at path, to be followed from now on
	drains chan chan struct{}
	wake   chan struct{} // holds one: the file may have grown
	opened os.FileInfo   // of the newest source; the opener's

	// The rest is follow's goroutine's.
	source
	part   []byte // the beginning of a line whose end is not there yet
	skip   bool   // the rest of a line is being skipped
	buffer []byte
}

// source is a log file and how far it has been read.
type source struct {
	file   *os.File
	offset int64
}

// newTail opens the file at path. What an earlier run left in it is kept but not
// told again.
func newTail(path string, line func([]byte)) (*tail, error) {
	t := &tail{path: path, line: line, drains: make(chan chan struct{}), wake: make(chan struct{}, 1), buffer: make([]byte, tailBuffer)}
	var err error
	t.source, t.opened, err = openSource(path)
	return t, err
}

func openSource(path string) (source, os.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, logMode)
	if err != nil {
		return source{}, nil, fmt.Errorf("log file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return source{}, nil, fmt.Errorf("log file: %w", err)
	}
	return source{f, info.Size()}, info, nil
}

// open returns the file for a child to append to, which is a new one if the last
// has been moved away. Call it from one goroutine only.
func (t *tail) open() (*os.File, error) {
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, logMode)
	if err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, t.opened) {
		var s source
		if s, info, err = openSource(t.path); err == nil {
			t.opened = info
			if old := t.next.Swap(&s); old != nil {
				_ = old.file.Close() // never read from
			}
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("log file: %w", err)
	}
	return f, nil
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
	_ = t.file.Close() // only read from and truncated
	if next := t.next.Swap(nil); next != nil {
		_ = next.file.Close()
	}
}

// finish tells what there is, the last line without its end included.
func (t *tail) finish() {
	t.read()
	if len(t.part) > 0 {
		t.line(t.part)
		t.part = t.part[:0]
	}
	t.skip = false
}

// read tells all complete lines.
func (t *tail) read() {
	for {
		n, err := t.file.ReadAt(t.buffer, t.offset)
		t.offset += int64(n)
		t.split(t.buffer[:n])
		info, statErr := t.file.Stat()
		if statErr != nil {
			return // the next read meets it again
		}
		switch size := info.Size(); {
		case size < t.offset:
			t.offset = 0 // another has truncated it
		case size-t.offset >= logMost, t.offset >= 2*logMost, err != nil && t.offset >= logMost:
			// At its end; or in a flood, where we rather lose some than let the
			// file grow while we run after it.
			t.truncate(size)
		}
		if err == nil {
			continue
		}
		next := t.next.Swap(nil)
		if err != io.EOF || next == nil {
			return // the end of what there is, or a disk error that the next read meets again
		}
		_ = t.file.Close() // only read from and truncated
		t.source = *next
	}
}

// truncate empties the file, in which size bytes were a moment ago; predecessor has
// the end of them. What is written between the last look and this is lost without
// being counted.
func (t *tail) truncate(size int64) {
	if kept, err := keep(t.file, t.path, size); err == nil {
		size = kept
	} // else the disk is full, say: the log is bounded nevertheless
	if t.file.Truncate(0) != nil {
		return
	}
	if unread := size - t.offset; unread > 0 {
		// What comes next may begin in the middle of a line.
		t.lost.Add(unread + int64(len(t.part)))
		t.part, t.skip = t.part[:0], true
	}
	t.offset = 0
}

func (t *tail) split(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		chunk, end := b, i >= 0
		if end {
			chunk, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		if t.skip {
			t.lost.Add(int64(len(chunk)))
		} else if len(t.part)+len(chunk) > lineMost {
			room := lineMost - len(t.part)
			t.line(append(t.part, chunk[:room]...))
			t.lost.Add(int64(len(chunk) - room))
			t.part, t.skip = t.part[:0], true
		} else if end && len(t.part) == 0 {
			t.line(chunk)
		} else if t.part = append(t.part, chunk...); end {
			t.line(t.part)
			t.part = t.part[:0]
		}
		if end {
			t.skip = false
		}
	}
}
