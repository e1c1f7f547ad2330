package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/kit/report"
)

// RemoveLeftovers removes the folders of signals that are not needed and that were not
// written to since the given time: those of signals that ended while no worker ran.
// Only files with our names are removed, and only where the lock shows that no other worker
// writes. What is newer is first ended by EXT-X-ENDLIST, as players may be reading it. It
// returns the signals whose folders it emptied.
func RemoveLeftovers(output string, since time.Time, needed func(signal string) bool) ([]string, error) {
	entries, err := os.ReadDir(output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var removed []string
	for _, e := range entries {
		path := filepath.Join(output, e.Name())
		if !e.IsDir() || !report.IsSignal(e.Name()) || needed(e.Name()) || !isLeftover(path, since) && !hadWriter(path) || CheckLock(path) != nil {
			continue
		}
		l, lockErr := takeLock(path)
		if lockErr != nil {
			continue // another worker has begun
		}
		if isLeftover(path, since) {
			if failed := removeOurs(path); failed != nil {
				err = errors.Join(err, failed)
			} else {
				removed = append(removed, e.Name())
			}
		} else if failed := endPlaylist(filepath.Join(path, media.PlaylistName)); failed != nil {
			err = errors.Join(err, failed)
		}
		_ = l.release() // the file is gone
	}
	return removed, err
}

// HasSignals reports whether a folder has signals that a worker has published.
func HasSignals(output string) bool {
	entries, err := os.ReadDir(output)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return e.IsDir() && report.IsSignal(e.Name()) && hadWriter(filepath.Join(output, e.Name()))
	})
}

// hadWriter reports whether a worker has written to a folder. Another encoder, which has no
// lock, may write there under the same names.
func hadWriter(path string) bool {
	_, err := os.Lstat(filepath.Join(path, lockName))
	return err == nil
}

// endPlaylist marks a playlist as ended, if it is there.
func endPlaylist(path string) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := m3u8.ParseMedia(b)
	if err != nil || list.EndList {
		return nil // no player reads what is not a playlist; it is removed in time
	}
	list.EndList = true
	return atomicfile.Write(path, list.Encode(), atomicfile.Options{})
}

// isLeftover reports whether a folder has media of ours, all of it older than a time.
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
