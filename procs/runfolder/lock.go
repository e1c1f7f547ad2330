package runfolder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const lockName = "lock"

// ErrAlreadyRunning says that another supervisor holds the run folder's lock.
var ErrAlreadyRunning = errors.New("another instance is running")

// AlreadyRunning is ErrAlreadyRunning with the process and the ways out. pid is 0 when it
// is not known; sign is what showed it, such as "lock PATH".
func AlreadyRunning(pid int, sign string) error {
	holder := "unknown"
	if pid > 0 {
		holder = strconv.Itoa(pid)
	}
	return fmt.Errorf("%w (pid %s, %s): livestream-tui attach shows it, livestream-tui ctl reports on it and commands it; to run one more, set another RUN_PATH and other ports",
		ErrAlreadyRunning, holder, sign)
}

// ownFolder makes path a folder that only we may enter, or says why it cannot be one.
func ownFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("RUN_PATH=%q: %w", path, err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("RUN_PATH=%q: %w", path, err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(st.Uid) != os.Getuid() {
		return fmt.Errorf("RUN_PATH=%q: it must be a folder that belongs to this user; set another", path)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	// Closing /tmp or a home to others would do more harm than good.
	if info.Mode()&os.ModeSticky != 0 || !emptyOrOurs(path) {
		return fmt.Errorf("RUN_PATH=%q: others may enter it (%s) and it holds more than ours; set one of its own, such as %s",
			path, info.Mode(), filepath.Join(path, "livestream-tui"))
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("RUN_PATH=%q: it must be closed to others: %w", path, err)
	}
	return nil
}

// emptyOrOurs reports whether a folder holds nothing, or our lock.
func emptyOrOurs(path string) bool {
	names, err := os.ReadDir(path)
	if err != nil {
		return false
	}
	for _, name := range names {
		if name.Name() == lockName {
			return true
		}
	}
	return len(names) == 0
}

// takeLock locks the file at path for the life of the returned file. It follows no link
// and takes no file of another user.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("lock %s: it is a symbolic link: remove it, or set another RUN_PATH", path)
	}
	if err != nil {
		return nil, fmt.Errorf("RUN_PATH=%q: the lock cannot be made: %w; set RUN_PATH to a folder of yours", filepath.Dir(path), err)
	}
	if err := isOurFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w: remove it, or set another RUN_PATH", path, err), f.Close())
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		text, _ := os.ReadFile(path) // only for the message
		_ = f.Close()
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			pid = 0 // it has not written it yet
		}
		return nil, AlreadyRunning(pid, "lock "+path)
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// isOurFile refuses what is no regular file, or another user's.
func isOurFile(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular():
		return errors.New("it is no file")
	case !ok || int(st.Uid) != os.Getuid():
		return errors.New("it is another user's")
	}
	return nil
}
