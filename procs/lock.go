package procs

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// ErrAlreadyRunning says that another supervisor holds the run folder's lock.
var ErrAlreadyRunning = errors.New("another instance is running")

// ownFolder makes path a folder that only we may enter, or says why it is not.
func ownFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("RUN_PATH=%q: %w", path, err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("RUN_PATH=%q: %w", path, err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || ok && int(st.Uid) != os.Getuid() {
		return fmt.Errorf("RUN_PATH=%q: it must be a folder that belongs to this user; set another", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o700); err != nil {
			return fmt.Errorf("RUN_PATH=%q: it must be closed to others: %w", path, err)
		}
	}
	return nil
}

// takeLock locks the file at path for the life of the returned file.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid, _ := os.ReadFile(path) // only for the message
		f.Close()
		return nil, fmt.Errorf("%w (pid %s, lock %s): stop it first, or set another RUN_PATH and other ports",
			ErrAlreadyRunning, strings.TrimSpace(string(pid)), path)
	}
	if err := f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock: %w", err)
		}
	}
	return f, nil
}
