package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/window"
)

// errLeftover says that what a signal's playlist lists is from an earlier run.
var errLeftover = errors.New("its segments ended longer ago than a window lasts: left by an earlier run, nothing is listed until its worker adds to them")

// onDisk is what is known of a signal's folder. One goroutine uses it.
type onDisk struct {
	name    string
	text    []byte // its playlist as it was read last
	list    *m3u8.MediaPlaylist
	entries []window.Entry
	said    bool // the sink knows the list
	begun   bool // older media was looked for
	// judged: its age was looked at. leftover is the newest segment of what an earlier
	// run left, -1 where there is none.
	judged   bool
	leftover int64
	told     bool                   // that it is a leftover
	files    map[string]fs.FileInfo // by name: the newest one seen of what the sink holds
}

func newOnDisk(name string) *onDisk {
	return &onDisk{name: name, leftover: -1, files: map[string]fs.FileInfo{}}
}

// read reads the playlist where it has changed.
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
	d.text, d.list, d.entries, d.said = text, list, entries, false
	d.judge(size, now)
	return nil
}

// judge looks at the age of what is found first. Listed, what an earlier run left
// would be gone with a jump as soon as its worker goes on. What has no date has no
// age.
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

// isLeftover reports whether nobody has added to what an earlier run left.
func (d *onDisk) isLeftover() bool {
	return d.leftover >= 0 && len(d.entries) > 0 && d.entries[len(d.entries)-1].MSN == d.leftover
}

// isEnded reports whether the playlist says that the signal ends.
func (d *onDisk) isEnded() bool { return d.list != nil && d.list.EndList }

// load brings the sink what it lacks of what is listed, as far as it is whole. The
// error is what is wrong; what is right was brought.
func (d *onDisk) load(f *folder, to *Sink) error {
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

// loadOlder takes what no playlist lists any more but is on disk still: a packager
// that has been here for longer serves it, and so must we.
func (d *onDisk) loadOlder(f *folder, to *Sink) {
	names, err := f.names()
	if err != nil {
		return // they are a courtesy
	}
	for _, name := range names {
		if n, err := media.SegmentNumber(name); err != nil || len(d.entries) > 0 && n < d.entries[0].MSN {
			_ = d.take(f, to, name) // what is not whole is not served
		}
	}
}

func (d *onDisk) take(f *folder, to *Sink, name string) error {
	if to.Holds(d.name, name) != nil {
		return nil
	}
	m, file, err := f.media(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // should it never come, the window says so
	}
	if err != nil {
		return err
	}
	d.files[name] = file
	put := to.Segment
	if m.MSN < 0 {
		put = to.Section
	}
	return put(d.name, m, file.ModTime())
}

// compare tells the sink what has another file under its name than the one that it
// came from.
func (d *onDisk) compare(f *folder, to *Sink) {
	for name, before := range d.files {
		file, err := f.stat(name)
		switch {
		case to.Holds(d.name, name) == nil:
			delete(d.files, name)
			continue
		case err != nil:
			continue // removed files are the rule
		case os.SameFile(file, before) && file.Size() == before.Size() && file.ModTime().Equal(before.ModTime()):
			continue
		}
		d.files[name] = file
		// What is not whole is not what is served either.
		m, _, err := f.media(name)
		if err != nil {
			m = window.NewMedia(name, nil, -1)
		}
		to.Replaced(d.name, m)
	}
}
