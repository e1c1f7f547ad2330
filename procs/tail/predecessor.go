package tail

import (
	"errors"
	"io"
	"os"

	"livestream-tui/procs/samefile"
)

// predecessor is where the content of a log goes before it is truncated, so that a flood
// never takes all that was written before it.
func predecessor(path string) string { return path + ".1" }

// keptMost is how much of a log is kept: all of it, but in a flood.
const keptMost = 2 * FileMost

// keepRounds is how often keep looks for what was written while it copied.
const keepRounds = 3

// keep copies the end of the log file at path, keptMost bytes and what is being
// written meanwhile, to its predecessor, and returns how large the log was at the
// last look. A file that was moved away is not copied: it is there still.
func keep(file *os.File, path string, size int64) (int64, error) {
	if !samefile.Through(file, path) {
		return size, nil
	}
	to, err := os.OpenFile(predecessor(path)+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, fileMode)
	if err != nil {
		return size, err
	}
	at := max(size-keptMost, 0)
	for range keepRounds {
		// The tail reads at offsets of its own: the file's is ours.
		if _, err = file.Seek(at, io.SeekStart); err != nil {
			break
		}
		var n int64
		n, err = io.Copy(to, io.LimitReader(file, size-at))
		if at += n; err != nil {
			break
		}
		var info os.FileInfo
		if info, err = file.Stat(); err != nil || info.Size() <= size {
			break
		}
		size = info.Size()
	}
	if err = errors.Join(err, to.Close()); err == nil {
		err = os.Rename(to.Name(), predecessor(path))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(to.Name()))
	}
	return at, err
}
