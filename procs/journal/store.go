package journal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/samefile"
)

// store is the files of a journal. One goroutine uses it.
type store struct {
	path string
	// open opens the file at path; another function in tests.
	open func(path string) (disk, error)
	// most is fileMost; smaller in tests.
	most int64

	file disk  // nil while it is not open
	size int64 // of the file, up to the end of its last whole line
	torn bool  // the file has more than size: a line that was not written whole
	// began is when the file was begun.
	began time.Time
	// standing is what lasts, by the events that are in the files.
	standing standing
}

// disk is a file, open for appending.
type disk interface {
	Write(b []byte) (int, error)
	Truncate(size int64) error
	Stat() (os.FileInfo, error)
	Close() error
	// At reports whether the file is still the one at the path.
	At(path string) bool
}

func newStore(folder string) *store {
	return &store{path: Path(folder), open: openFile, most: fileMost}
}

// errLocked is the error when another platform writes to the same file.
var errLocked = errors.New("another platform with this STATE_PATH writes it")

// regular is a file of the file system.
type regular struct{ *os.File }

// At implements disk.
func (r regular) At(path string) bool { return samefile.At(r.File, path) }

// openFile opens the file for appending, and locks it for as long as it is open.
func openFile(path string) (disk, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is not a file", path)
	default:
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("%s: %w", path, errLocked)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return regular{f}, nil
}

// append writes an event as a line. After an error the file is as it was before, or is made
// so before the next line.
func (s *store) append(e platform.Event, now time.Time) error {
	line, err := lineOf(e)
	if err != nil || line == nil {
		return nil //nolint:nilerr // it will not get better: without this event the others can be written
	}
	if err := s.ready(int64(len(line)), now); err != nil {
		return err
	}
	if err := s.write(line); err != nil {
		return err
	}
	s.standing.take(e)
	return nil
}

// write writes a line to the open file.
func (s *store) write(line []byte) error {
	if s.torn {
		if err := s.file.Truncate(s.size); err != nil {
			return err
		}
		s.torn = false
	}
	n, err := s.file.Write(line)
	if err != nil {
		s.torn = n > 0
		return err
	}
	s.size += int64(n)
	return nil
}

// ready opens the file if it is not open, and begins another if there is no room for a
// further line, or the file is half as old as an event may be.
func (s *store) ready(more int64, now time.Time) error {
	if s.file != nil && !s.file.At(s.path) {
		s.close() // it was removed
	}
	if s.file == nil {
		if err := s.reopen(now); err != nil {
			return err
		}
	}
	if s.size == 0 || s.size+more <= s.most && now.Sub(s.began) <= ageMost/2 {
		return nil
	}
	// The lock goes with the file: it is still ours when it has its other name.
	if err := os.Rename(s.path, s.path+older); err != nil {
		return err
	}
	s.close()
	if err := s.reopen(now); err != nil {
		return err
	}
	for _, e := range s.standing.events() {
		line, err := lineOf(e)
		if err != nil || line == nil {
			continue
		}
		if err := s.write(line); err != nil {
			return err
		}
	}
	return nil
}

// reopen opens the file. A last line without an end is removed.
func (s *store) reopen(now time.Time) error {
	file, err := s.open(s.path)
	if err != nil {
		return err
	}
	s.file, s.torn, s.began = file, false, now
	info, err := file.Stat()
	if err != nil {
		s.close()
		return err
	}
	s.size = info.Size()
	if s.size == 0 {
		return nil
	}
	b, _, err := tailOf(s.path)
	if err != nil {
		s.close()
		return err
	}
	if rest := lengthOfRest(b); rest > 0 {
		s.size, s.torn = s.size-rest, true
	}
	s.began = firstTime(b, now)
	return nil
}

// beat marks the file as written by a platform that runs, and removes the older file once
// all its events are too old.
func (s *store) beat(now time.Time) error {
	if s.file == nil || !s.file.At(s.path) {
		return nil // the next event opens it
	}
	if info, err := os.Stat(s.path + older); err == nil && now.Sub(info.ModTime()) > ageMost {
		if err := os.Remove(s.path + older); err != nil {
			return err
		}
	}
	return os.Chtimes(s.path, now, now)
}

func (s *store) close() {
	if s.file != nil {
		_ = s.file.Close() // each line was written by itself: nothing is lost
		s.file = nil
	}
}
