package procs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	tailPoll   = 50 * time.Millisecond
	lineMost   = 64 << 10 // bytes of one line; the rest of it is skipped and counted
	logMost    = 16 << 20 // bytes of a log file before it is truncated in place
	tailBuffer = 256 << 10
)

// tail follows one log file. Children write to the file itself, never to a pipe
// of ours: a supervisor that is stopped or slow must not block them.
type tail struct {
	path string
	line func([]byte)

	mu     sync.Mutex // guards all below
	file   *os.File   // for reading and truncating; nil before the first open
	offset int64
	part   []byte // the beginning of a line whose end is not there yet
	skip   bool   // the rest of an overlong line is being skipped
	lost   int64
	buffer []byte
}

func newTail(path string, line func([]byte)) *tail {
	return &tail{path: path, line: line, buffer: make([]byte, tailBuffer)}
}

// open returns the file for a child to append to. What an earlier run left in it
// is kept but not told again.
func (t *tail) open() (*os.File, error) {
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		if t.file, err = os.OpenFile(t.path, os.O_RDWR, 0); err == nil {
			t.offset, err = t.file.Seek(0, io.SeekEnd)
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("log file: %w", err)
		}
	}
	return f, nil
}

// follow reads what is written until ctx is cancelled.
func (t *tail) follow(ctx context.Context) {
	tick := time.NewTicker(tailPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.mu.Lock()
			t.read()
			t.mu.Unlock()
		}
	}
}

// drain reads to the end, the last line without its end included: its writer has
// gone.
func (t *tail) drain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read()
	if len(t.part) > 0 {
		t.line(t.part)
		t.part = t.part[:0]
	}
	t.skip = false
}

// Lost is how many bytes of log were never told: truncated before they were
// read, or the rest of overlong lines.
func (t *tail) Lost() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lost
}

func (t *tail) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file != nil {
		_ = t.file.Close() // only read from
		t.file = nil
	}
}

// read tells all complete lines. Needs mu.
func (t *tail) read() {
	if t.file == nil {
		return
	}
	for {
		n, err := t.file.ReadAt(t.buffer, t.offset)
		t.offset += int64(n)
		t.split(t.buffer[:n])
		if err != nil {
			break // the end of what there is, or a disk error that the next read meets again
		}
		if t.offset >= 2*logMost {
			break // a flood: rather lose some than follow for ever
		}
	}
	if t.offset >= logMost {
		t.truncate()
	}
}

func (t *tail) truncate() {
	info, err := t.file.Stat()
	if err != nil {
		return
	}
	if t.file.Truncate(0) == nil {
		t.lost += max(0, info.Size()-t.offset)
		t.offset = 0
	}
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
			t.lost += int64(len(chunk))
		} else if len(t.part)+len(chunk) > lineMost {
			room := lineMost - len(t.part)
			t.line(append(t.part, chunk[:room]...))
			t.lost += int64(len(chunk) - room)
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
