package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/segmenter"
)

// tempPrefix begins the name of a file that is still being written, as package atomicfile
// names it.
const tempPrefix = ".new-"

// How long to wait for whoever removes the folder: removalFirst at first, then twice as long
// each time up to removalMost.
const (
	removalFirst = 5 * time.Millisecond
	removalMost  = 160 * time.Millisecond
)

// mostOpen is how many of the newest segments are kept open, so that a folder that was
// removed can be filled again.
const mostOpen = 64

// Folder is a Store of files that appear whole, the playlist last. It has one writer, which
// has its lock. A folder that is removed is made again at the next segment and filled with
// what was in it.
type Folder struct {
	path string
	// current is the segment after the newest, at first the one that was being recorded
	// when the folder was opened.
	current int64
	lock    *lock
	inits   map[string]int64                    // by name: the newest segment that used it
	open    map[string]*os.File                 // what is listed, by name: it can be read after its removal
	create  func(path string) (*os.File, error) // for atomicfile; nil except in tests
	log     hclog.Logger
	untidy  event.Recurring // why old files cannot be removed
}

// OpenFolder makes the folder, locks it and takes up what an earlier run left there:
// segments of the window before current that its playlist lists without a hole and that
// are whole. Segments that are too old to be asked for are removed. The error is a *LockedError where
// another process writes there.
func OpenFolder(path string, empty Window, current int64, log hclog.Logger) (*Folder, Window, error) {
	f := &Folder{path: path, current: current, inits: map[string]int64{}, open: map[string]*os.File{}, log: log}
	w := empty
	if err := f.claim(); err != nil {
		return nil, w, fmt.Errorf("OUTPUT_STREAM_PATH: %w", err)
	}
	if b, err := f.Read(media.PlaylistName); err == nil {
		if old, err := m3u8.ParseMedia(b); err == nil {
			w = w.takenUp(old, current-int64(w.size), f.isWhole(w.grid))
		}
	}
	for i, s := range w.list.Segments {
		f.inits[s.Map.URI] = w.list.MediaSequence + int64(i)
	}
	f.keepOpen(w)
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, w, errors.Join(fmt.Errorf("OUTPUT_STREAM_PATH: %w", err), f.Close())
	}
	f.tidy(entries, w)
	return f, w, nil
}

// claim makes the folder and takes its lock, as far as that is not done yet.
func (f *Folder) claim() error {
	if f.lock != nil && f.lock.intact(f.path) {
		return nil
	}
	for tries := 1; ; tries++ {
		if err := os.MkdirAll(f.path, 0o755); err != nil {
			return err
		}
		l, err := takeLock(f.path)
		if errors.Is(err, fs.ErrNotExist) && tries < 3 {
			continue // removed once more
		}
		if err != nil {
			return err
		}
		if f.lock != nil {
			_ = f.lock.release() // of a folder that has gone
		}
		f.lock = l
		return nil
	}
}

// isWhole returns a function that reports whether a segment of a playlist and its
// initialization section are there, and are that segment of the grid.
func (f *Folder) isWhole(grid media.Grid) func(msn int64, s m3u8.Segment) bool {
	return func(msn int64, s m3u8.Segment) bool {
		if s.Map == nil || s.Gap || s.URI != media.SegmentName(msn) || !media.IsInit(s.Map.URI) {
			return false
		}
		init, errInit := f.Read(s.Map.URI)
		data, err := f.Read(s.URI)
		return errInit == nil && err == nil && segmenter.IsWhole(init, data, grid, msn)
	}
}

// Read returns a file of the folder.
func (f *Folder) Read(name string) ([]byte, error) { return os.ReadFile(filepath.Join(f.path, name)) }

// Publish implements Store. A folder that is being removed meanwhile may take away what was
// just written, so it tries several times.
func (f *Folder) Publish(s *media.Segment, init Init, w Window) error {
	pause := removalFirst
	for {
		err := f.publish(s, init, w)
		if !errors.Is(err, fs.ErrNotExist) || pause > removalMost {
			return err
		}
		time.Sleep(pause)
		pause *= 2
	}
}

func (f *Folder) publish(s *media.Segment, init Init, w Window) error {
	if err := f.claim(); err != nil {
		return err
	}
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	if w, err = f.refill(there, w, s.MSN); err != nil {
		return err
	}
	if !there[init.Name] {
		if err := f.writeKept(init.Name, init.Data); err != nil {
			return err
		}
	}
	if err := f.writeKept(media.SegmentName(s.MSN), s.Data); err != nil {
		return err
	}
	if err := f.write(media.PlaylistName, w.Playlist()); err != nil {
		return err
	}
	f.inits[init.Name], f.current = s.MSN, s.MSN+1
	f.keepOpen(w)
	f.tidy(entries, w)
	return nil
}

// refill writes again what the window lists before msn and is gone. It returns the
// window from the oldest segment on that could be written.
func (f *Folder) refill(there map[string]bool, w Window, msn int64) (Window, error) {
	for i := len(w.list.Segments) - 1; i >= 0; i-- {
		number := w.list.MediaSequence + int64(i)
		if number >= msn {
			continue
		}
		for _, name := range []string{w.list.Segments[i].Map.URI, w.list.Segments[i].URI} {
			if there[name] {
				continue
			}
			kept := f.open[name]
			if kept == nil {
				return w.From(number + 1), nil
			}
			b, err := readAll(kept)
			if err == nil {
				err = f.write(name, b)
			}
			if err != nil {
				return w, err
			}
			there[name] = true
		}
	}
	return w, nil
}

// keepOpen keeps the newest files of the window open and closes all others.
func (f *Folder) keepOpen(w Window) {
	names := w.From(w.Newest() + 1 - mostOpen).names()
	for name := range f.open {
		if !names[name] {
			f.forget(name)
		}
	}
	for name := range names {
		if f.open[name] != nil {
			continue
		}
		// A file that cannot be opened cannot be written again, which is no reason to stop.
		if file, err := os.Open(filepath.Join(f.path, name)); err == nil {
			f.open[name] = file
		}
	}
}

// tidy removes segments that are too old to be asked for, and unfinished files. A segment
// stays for its own length and a playlist's after it has left the playlist (RFC 8216,
// 6.2.2). A file that cannot be removed is logged, and does not keep the signal from being
// published.
func (f *Folder) tidy(entries []fs.DirEntry, w Window) {
	oldest, newest := f.current-int64(w.size), f.current
	if len(w.list.Segments) > 0 {
		oldest, newest = w.list.MediaSequence, w.list.LastMSN()
	}
	oldest -= int64(w.size) + 1
	var failed error
	for _, e := range entries {
		name := e.Name()
		msn, err := media.SegmentNumber(name)
		ours := err == nil
		if media.IsInit(name) {
			msn, ours = f.inits[name], true // 0 where no known segment needs it
		}
		unfinished := strings.HasPrefix(name, tempPrefix)
		if !unfinished && (!ours || msn >= oldest && msn <= newest) {
			continue // it is in use, the playlist, or another program's
		}
		if err := os.Remove(filepath.Join(f.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	if failed == nil {
		f.untidy.EndExcept()
	} else if t, due := f.untidy.Seen(cause(failed).Error(), time.Now()); due {
		f.log.Warn("cannot remove old segments", "path", f.path, "error", t.String())
	}
}

// cause is an error without the file's name, which differs each time.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// WriteError is why a file could not be written.
type WriteError struct {
	// Folder is where it should have gone.
	Folder string
	Err    error
}

// Error names the folder.
func (e *WriteError) Error() string { return e.Folder + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// write replaces a file at once. Its error is a *WriteError.
func (f *Folder) write(name string, b []byte) error { return f.writeWith(f.create, name, b) }

// writeKept writes a file and keeps it open from before it has its name: whoever removes
// the folder may remove the file in the moment after.
func (f *Folder) writeKept(name string, b []byte) error {
	create := f.create
	if create == nil {
		create = os.Create
	}
	var kept *os.File
	err := f.writeWith(func(path string) (*os.File, error) {
		file, err := create(path)
		if err == nil {
			kept, _ = os.Open(path) // one that cannot be kept is no reason to stop
		}
		return file, err
	}, name, b)
	switch {
	case kept == nil:
	case err != nil:
		_ = kept.Close() // only read
	default:
		f.forget(name)
		f.open[name] = kept
	}
	return err
}

func (f *Folder) writeWith(create func(path string) (*os.File, error), name string, b []byte) error {
	if err := atomicfile.Write(filepath.Join(f.path, name), b, atomicfile.Options{Create: create}); err != nil {
		return &WriteError{Folder: f.path, Err: cause(err)}
	}
	return nil
}

// forget closes a file that is kept open.
func (f *Folder) forget(name string) {
	if file := f.open[name]; file != nil {
		_ = file.Close() // only read
		delete(f.open, name)
	}
}

// readAll reads a file from its beginning, also after it was removed.
func readAll(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(file, 0, info.Size()))
}

// End implements Store: it writes the playlist once more, with EXT-X-ENDLIST.
func (f *Folder) End(_ context.Context, w Window) error {
	if len(w.list.Segments) == 0 {
		return nil
	}
	if _, err := os.Stat(f.path); errors.Is(err, fs.ErrNotExist) {
		return nil // without the folder there is nothing to end
	}
	return f.write(media.PlaylistName, w.Ended().Playlist())
}

// Remove removes what was published, the lock, and the folder if nothing else is in
// it. The folder must not be used afterwards.
func (f *Folder) Remove() error {
	if !f.lock.intact(f.path) {
		return f.Close() // it is gone, or another process has it
	}
	return errors.Join(removeOurs(f.path), f.Close())
}

// Close implements Store: it releases the lock.
func (f *Folder) Close() error {
	for name := range f.open {
		f.forget(name)
	}
	return f.lock.release()
}

// removeOurs removes a folder's files that have our names, the playlist first and the lock
// last, and then the folder if it is empty.
func removeOurs(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	names := []string{media.PlaylistName}
	for _, e := range entries {
		if isOurs(e.Name()) && !slices.Contains([]string{media.PlaylistName, lockName}, e.Name()) {
			names = append(names, e.Name())
		}
	}
	var failed error
	for _, name := range append(names, lockName) {
		if err := os.Remove(filepath.Join(path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = err
		}
	}
	if failed == nil && len(names)+1 >= len(entries) {
		_ = os.Remove(path) // fails where another program's file is in it
	}
	return failed
}

// isOurs reports whether a file in a signal's folder has one of our names.
func isOurs(name string) bool {
	return media.IsMedia(name) || name == media.PlaylistName || name == lockName || strings.HasPrefix(name, tempPrefix)
}
