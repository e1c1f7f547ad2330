package delivery

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"livestream-tui/services/report"
)

// RemoveLeftovers removes the folders of signals that no film is there for and that
// nobody has written to since the time given: what a film left behind that was removed
// while no worker ran. Only files with our names are removed, and only where the lock
// shows that no other worker writes. It returns the signals whose folders it emptied.
func RemoveLeftovers(output string, since time.Time, needed func(signal string) bool) ([]string, error) {
	entries, err := os.ReadDir(output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var removed []string
	for _, e := range entries {
		path := filepath.Join(output, e.Name())
		if !e.IsDir() || !report.IsSignal(e.Name()) || needed(e.Name()) || !isLeftover(path, since) || Held(path) != nil {
			continue
		}
		l, lockErr := takeLock(path)
		if lockErr != nil {
			continue // another worker has begun
		}
		if isLeftover(path, since) { // still, now that nobody else can write
			if failed := removeOurs(path); failed != nil {
				err = errors.Join(err, failed)
			} else {
				removed = append(removed, e.Name())
			}
		}
		_ = l.release() // it is gone
	}
	return removed, err
}

// isLeftover reports whether a folder holds media of ours, none of it as new as that.
func isLeftover(path string, since time.Time) bool {
	entries, err := os.ReadDir(path)
	if err != nil {
		return false
	}
	found := false
	for _, e := range entries {
		if !isOurs(e.Name()) || e.Name() == lockName {
			continue
		}
		info, err := e.Info()
		if err != nil || info.ModTime().After(since) {
			return false
		}
		found = true
	}
	return found
}
