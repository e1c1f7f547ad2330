package folder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/window"
)

// errLeftover says that the playlist of a signal is from an earlier run.
var errLeftover = errors.New("its segments ended longer ago than a window lasts: left by an earlier run, nothing is listed until its worker adds to them")

// onDisk is what is known of a signal's folder. One goroutine uses it.
type onDisk struct {
	name    string
	text    []byte // its playlist as last read
	list    *m3u8.MediaPlaylist
	entries []window.Entry
	taken   bool // the sink has the list
	begun   bool // older media was looked for
	// judged is true once its age was looked at. leftover is the newest segment that an
	// earlier run left, -1 when there is none.
	judged   bool
	leftover int64
	logged   bool                   // it was logged that it is a leftover
	files    map[string]fs.FileInfo // the newest file seen of each media of the sink, by name
}

func newOnDisk(name string) *onDisk {
	return &onDisk{name: name, leftover: -1, files: map[string]fs.FileInfo{}}
}

// read reads the playlist if it has changed.
func (d *onDisk) read(f *folder, size int, now time.Time) error {
	text, _, err := f.read(media.PlaylistName, m3u8.MaxPlaylist)
	if err != nil || bytes.Equal(text, d.text) {
		return err
	}
	list, err := m3u8.ParseMedia(text)
	if err != nil {
		return err
	}
	entries, err := window.EntriesOf(list)
	if err != nil {
		return fmt.Errorf("playlist: %w", err)
	}
	d.text, d.list, d.entries, d.taken = text, list, entries, false
	d.judge(size, now)
	return nil
}

// judge determines the age of the first playlist. If the leftover of an earlier run were
// listed, the window would jump as soon as its worker goes on. A playlist without dates
// has no age.
func (d *onDisk) judge(size int, now time.Time) {
	if d.judged || len(d.entries) == 0 {
		return
	}
	d.judged = true
	last := d.entries[len(d.entries)-1]
	lasts := time.Duration(size*d.list.TargetDuration) * time.Second
	if at := last.Segment.ProgramDateTime; !at.IsZero() && now.Sub(at.Add(last.Segment.Duration)) > lasts {
		d.leftover = last.MSN
	}
}

// isLeftover reports whether nothing was added to the leftover of an earlier run.
func (d *onDisk) isLeftover() bool {
	return d.leftover >= 0 && len(d.entries) > 0 && d.entries[len(d.entries)-1].MSN == d.leftover
}

// isEnded reports whether the playlist says that the signal ends.
func (d *onDisk) isEnded() bool { return d.list != nil && d.list.EndList }

// load puts the listed media that the sink lacks into it, as far as it is whole. The error
// is about the rest.
func (d *onDisk) load(f *folder, to *sink.Sink) error {
	var wrong error
	newest := to.Newest(d.name)
	for _, e := range d.entries {
		if e.MSN <= newest {
			continue
		}
		wrong = errors.Join(wrong, d.take(f, to, e.Segment.Map.URI)) // the init section before its media
		if !e.Segment.Gap {
			wrong = errors.Join(wrong, d.take(f, to, e.Segment.URI))
		}
	}
	if !d.begun {
		d.begun = true
		d.loadOlder(f, to)
	}
	return wrong
}

// loadOlder puts in the media that is no longer listed but still on disk: a packager that
// runs for longer serves it, and so must this one.
func (d *onDisk) loadOlder(f *folder, to *sink.Sink) {
	names, err := f.names()
	if err != nil {
		return // older media is optional
	}
	for _, name := range names {
		if n, err := media.SegmentNumber(name); err != nil || len(d.entries) > 0 && n < d.entries[0].MSN {
			_ = d.take(f, to, name) // only whole media is served
		}
	}
}

func (d *onDisk) take(f *folder, to *sink.Sink, name string) error {
	if to.Media(d.name, name) != nil {
		return nil
	}
	m, file, err := f.media(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the window notices if it never comes
	}
	if err != nil {
		return err
	}
	d.files[name] = file
	return to.Put(d.name, m, file.ModTime())
}

// compare tells the sink which of its media has been replaced by another file.
func (d *onDisk) compare(f *folder, to *sink.Sink) {
	for name, before := range d.files {
		file, err := f.stat(name)
		switch {
		case to.Media(d.name, name) == nil:
			delete(d.files, name)
			continue
		case err != nil:
			continue // removed, as files usually are
		case os.SameFile(file, before) && file.Size() == before.Size() && file.ModTime().Equal(before.ModTime()):
			continue
		}
		d.files[name] = file
		// A file that is not whole differs from what is served, too.
		m, _, err := f.media(name)
		if err != nil {
			m = window.NewMedia(name, nil, -1)
		}
		to.Replaced(d.name, m)
	}
}
