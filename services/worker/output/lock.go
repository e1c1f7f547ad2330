package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// lockName is the file in a signal's folder that its writer has a lock on. It contains
// the writer's process id.
const lockName = ".lock"

// LockedError says that another process writes a signal's folder.
type LockedError struct {
	// Path is the folder.
	Path string
	// PID is the writer's process id, 0 where it is not known.
	PID int
}

// Error names the folder and the process.
func (e *LockedError) Error() string {
	return fmt.Sprintf("%s is written by %s already", e.Path, e.Writer())
}

// Writer is the other process in words.
func (e *LockedError) Writer() string {
	if e.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d", e.PID)
}

// lock lasts from takeLock to release. It ends with the process at the latest, and no child
// inherits it: the file is opened with O_CLOEXEC.
type lock struct{ file *os.File }

// takeLock locks a folder. The error is a *LockedError where another process has it.
func takeLock(folder string) (*lock, error) {
	path := filepath.Join(folder, lockName)
	for range lockTries {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o644)
		if err != nil {
			return nil, err
		}
		l := &lock{f}
		switch err := flock(f, syscall.LOCK_EX); {
		case errors.Is(err, syscall.EWOULDBLOCK):
			pid := pidIn(f)
			_ = f.Close() // not ours
			return nil, &LockedError{folder, pid}
		case err != nil:
			return l, nil // this file system has no locks, so nothing is known
		}
		if !l.intact(folder) { // it was removed between the opening and the locking
			_ = f.Close()
			continue
		}
		// Only for the message, which lacks the number where there is no room for it.
		if f.Truncate(0) == nil {
			_, _ = f.WriteAt(strconv.AppendInt(nil, int64(os.Getpid()), 10), 0)
		}
		return l, nil
	}
	return nil, fmt.Errorf("%s: it is replaced again and again", path)
}

// lockTries is how often a lock is tried that is removed while it is taken.
const lockTries = 10

// intact reports whether the folder still has the file that was locked.
func (l *lock) intact(folder string) bool {
	ours, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(filepath.Join(folder, lockName))
	return err == nil && os.SameFile(ours, there)
}

func (l *lock) release() error { return l.file.Close() }

// CheckLock returns a *LockedError where another process writes a signal's folder, else
// nil. It takes no lock and leaves nothing behind.
func CheckLock(folder string) error {
	f, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil // no worker has written there yet
	}
	defer func() { _ = f.Close() }() // only read
	if errors.Is(flock(f, syscall.LOCK_SH), syscall.EWOULDBLOCK) {
		return &LockedError{folder, pidIn(f)}
	}
	return nil
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// pidIn is the process id in a lock file, 0 without one.
func pidIn(f *os.File) int {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 20))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil {
		return 0
	}
	return pid
}
