package tail

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"livestream-tui/procs/samefile"
)

// source is a log file and how far it has been read.
type source struct {
	file    *os.File // to be read and truncated
	out     *os.File // to be appended to
	writers int      // incarnations that append to it; guarded by the Tail's mu

	// The rest is Follow's goroutine's.
	offset int64
	base   int64  // of one that was moved: how much it had then, which is not ours any more
	moved  bool   // it is not at its path any more
	part   []byte // the beginning of a line whose end is not there yet
	skip   bool   // the rest of a line is being skipped
}

// errMoved says that the file at a path was moved away while it was being opened.
var errMoved = errors.New("it was moved away meanwhile")

// openSource opens the file at path, which is made with its folder. What it holds already
// is not handed on.
func openSource(path string) (*source, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("log folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, fmt.Errorf("log file: %w", err)
	}
	// Not the same descriptor: file's offset is ours, and appending moves it.
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, fileMode)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log file: %w", err), file.Close())
	}
	s := &source{file: file, out: out}
	info, err := file.Stat()
	if err == nil && !samefile.At(out, path) || err == nil && !samefile.Through(file, path) {
		err = errMoved
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("log file: %w", err)
	}
	s.offset = info.Size()
	return s, nil
}

func (s *source) close() {
	_ = s.file.Close() // only read from and truncated
	_ = s.out.Close()  // children have their own
}

// taker is what lines are handed on to. block is nil, or gets several complete lines at once,
// with their ends; where it returns false, each goes to line.
type taker struct {
	line  func([]byte)
	block func([]byte) bool
}

// blockMost is how many bytes a block has at most. A smaller one is more often free of what
// must be looked at line by line.
const blockMost = 16 << 10

// split hands on the complete lines of what was read, and returns how many bytes of
// overlong ones are lost.
func (s *source) split(b []byte, to taker) (lost int64) {
	for len(b) > 0 {
		n, whole := len(b), false
		if to.block != nil {
			n, whole = s.piece(b)
		}
		if !whole || !to.block(b[:n]) {
			lost += s.lines(b[:n], to.line)
		}
		b = b[n:]
	}
	return lost
}

// piece returns how many bytes to hand on next; whole reports that they are complete lines.
func (s *source) piece(b []byte) (n int, whole bool) {
	if s.skip || len(s.part) > 0 {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			return i + 1, false
		}
		return len(b), false
	}
	b = b[:min(len(b), blockMost)]
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		return i + 1, true
	}
	return len(b), false
}

// lines is split, line by line.
func (s *source) lines(b []byte, line func([]byte)) (lost int64) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		chunk, end := b, i >= 0
		if end {
			chunk, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		if s.skip {
			lost += int64(len(chunk))
		} else if len(s.part)+len(chunk) > LineMost {
			room := LineMost - len(s.part)
			line(append(s.part, chunk[:room]...))
			lost += int64(len(chunk) - room)
			s.part, s.skip = s.part[:0], true
		} else if end && len(s.part) == 0 {
			line(chunk)
		} else if s.part = append(s.part, chunk...); end {
			line(s.part)
			s.part = s.part[:0]
		}
		if end {
			s.skip = false
		}
	}
	return lost
}

// finish hands on the last line though it has no end.
func (s *source) finish(line func([]byte)) {
	if len(s.part) > 0 {
		line(s.part)
		s.part = s.part[:0]
	}
	s.skip = false
}
