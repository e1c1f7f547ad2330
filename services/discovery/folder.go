package discovery

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
)

// folder is what is known of the folder of signals. One goroutine uses it.
type folder struct {
	path    string
	signals map[string]*onDisk // by name
}

// onDisk is a signal as its playlist on disk has it.
type onDisk struct {
	modified time.Time // of the playlist that was read last
	size     int64
	// ended says that the playlist has EXT-X-ENDLIST.
	ended bool
	// newest is the MSN of the newest segment. leftover is what that was when the folder
	// was first read, if an earlier run had left it; otherwise -1. It does not become a
	// signal before segments are added.
	newest, leftover int64
}

// isLeftover reports whether an earlier run left the playlist and nothing was added since.
func (d *onDisk) isLeftover() bool { return d.leftover >= 0 && d.newest == d.leftover }

func newFolder(path string) *folder { return &folder{path: path, signals: map[string]*onDisk{}} }

// found is the result of a look at the folder, each list sorted.
type found struct {
	live  []string // signals that go on, as far as is known
	ended []string // signals whose playlist has ended
	left  []string // leftovers of an earlier run
}

// look lists the signals in the folder: subfolders that are named like a signal and hold
// a playlist. A folder that does not exist holds none.
func (f *folder) look(now time.Time) (found, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return found{}, err
	}
	var out found
	seen := map[string]*onDisk{}
	for _, e := range entries {
		if !e.IsDir() || !report.IsSignal(e.Name()) {
			continue
		}
		d := f.read(e.Name(), now)
		if d == nil {
			continue
		}
		seen[e.Name()] = d
		switch {
		case d.ended:
			out.ended = append(out.ended, e.Name())
		case d.isLeftover():
			out.left = append(out.left, e.Name())
		default:
			out.live = append(out.live, e.Name())
		}
	}
	f.signals = seen
	return out, nil
}

// read returns what the playlist of a signal says, nil where it does not exist. One that
// cannot be read makes a signal too: its packagers say what is wrong with it.
func (f *folder) read(name string, now time.Time) *onDisk {
	path := filepath.Join(f.path, name, media.PlaylistName)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	before := f.signals[name]
	if before != nil && before.modified.Equal(info.ModTime()) && before.size == info.Size() {
		return before
	}
	d := &onDisk{modified: info.ModTime(), size: info.Size(), newest: -1, leftover: -1}
	list := parse(path, info.Size())
	if before != nil {
		d.newest, d.leftover = before.newest, before.leftover
	}
	if list == nil {
		return d
	}
	d.ended, d.newest = list.EndList, list.LastMSN()
	if ends, lasts := spanOf(list); before == nil && !ends.IsZero() && now.Sub(ends) > lasts {
		d.leftover = d.newest
	}
	return d
}

// parse returns the playlist in a file, nil where it cannot be read.
func parse(path string, size int64) *m3u8.MediaPlaylist {
	if size > m3u8.MaxPlaylist {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	list, err := m3u8.ParseMedia(text)
	if err != nil {
		return nil
	}
	return list
}

// spanOf is when the newest segment of a playlist ended, zero without dates, and how long
// its window lasts: three target durations at least (RFC 8216, 6.2.2).
func spanOf(list *m3u8.MediaPlaylist) (ends time.Time, lasts time.Duration) {
	for _, s := range list.Segments {
		lasts += s.Duration
		ends = time.Time{}
		if !s.ProgramDateTime.IsZero() {
			ends = s.ProgramDateTime.Add(s.Duration)
		}
	}
	return ends, max(lasts, 3*time.Duration(list.TargetDuration)*time.Second)
}

// knows reports whether a sorted list holds a name.
func knows(sorted []string, name string) bool {
	_, is := slices.BinarySearch(sorted, name)
	return is
}
