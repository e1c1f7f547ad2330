package transcoder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// keep puts what was made in the folder work into the cache: only the files of a
// mezzanine, whole on disk, all at once.
func (t *Transcoder) keep(m Mezzanine, work, key string) (Mezzanine, error) {
	m.folder = work
	entries, err := os.ReadDir(work)
	if err != nil {
		return m, err
	}
	for _, e := range entries {
		if e.Name() != pictureFile && e.Name() != soundFile {
			if err := os.Remove(filepath.Join(work, e.Name())); err != nil {
				return m, err
			}
		}
	}
	for name, size := range map[string]*int64{pictureFile: &m.PictureBytes, soundFile: &m.SoundBytes} {
		info, err := os.Stat(filepath.Join(work, name))
		if err != nil {
			return m, err
		}
		*size = info.Size()
	}
	if err := m.writeAbout(); err != nil {
		return m, err
	}
	for _, name := range []string{pictureFile, soundFile, aboutFile} {
		if err := flush(filepath.Join(work, name)); err != nil {
			return m, err // a power cut must not leave half of it under its name
		}
	}
	if err := os.Rename(work, t.place(key)); err != nil {
		return m, err
	}
	m.folder = t.place(key)
	release := m.Hold()
	defer release()
	return m, t.Tidy()
}

// flush brings a file to the disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Cached is what the cache holds of one film.
type Cached struct {
	// Name is its own in the cache, Film that of the file that it was made of, empty
	// where that is not known.
	Name, Film string
	Bytes      int64
	// Made is when it was made, Used when it was on air last.
	Made, Used time.Time
	// Length is that of the film's turns in it; 0 where it is not known.
	Length time.Duration
	// Excerpt: only the film's beginning is in it.
	Excerpt bool
}

var (
	// ours are the names of what this package puts into the cache.
	ours = regexp.MustCompile(`^(?:[0-9a-f]{24}(?:-excerpt)?|test-film-[\w-]+)(?:\.making|\.lock)?$`)
	// former are those of what former versions put there.
	former = regexp.MustCompile(`^(?:film-)?[0-9a-f]{24}-[0-9hms]+\.(?:mp4|ffconcat|mp4\.lock|mp4\.making)$`)
)

// List returns what is in a cache, the newest first. A cache that is not there is
// empty.
func List(cache string) ([]Cached, error) {
	entries, err := os.ReadDir(cache)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []Cached
	for _, e := range entries {
		if !ours.MatchString(e.Name()) && !former.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".lock") {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // it has gone meanwhile
		}
		path := filepath.Join(cache, e.Name())
		c := Cached{Name: e.Name(), Made: info.ModTime(), Used: info.ModTime(), Bytes: bytesOf(path)}
		if m, err := readMezzanine(path); err == nil {
			c.Film, c.Made, c.Length, c.Excerpt = m.Film, m.Made, m.Turn, m.Excerpt
			if about, err := os.Stat(filepath.Join(path, aboutFile)); err == nil {
				c.Used = about.ModTime()
			}
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Cached) int { return cmp.Or(b.Used.Compare(a.Used), strings.Compare(a.Name, b.Name)) })
	return list, nil
}

// bytesOf is the size of a file, or of all files in a folder.
func bytesOf(path string) int64 {
	var n int64
	_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what has gone has no size
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}

// ErrHeld says that a mezzanine is on air or being made.
var ErrHeld = errors.New("it is on air or being made")

// Remove removes mezzanines from a cache by their names, and returns how many bytes
// that frees. What is on air or being made stays; the error, of ErrHeld, names it.
func Remove(cache string, names ...string) (freed int64, err error) {
	for _, name := range names {
		if !ours.MatchString(name) && !former.MatchString(name) {
			err = errors.Join(err, fmt.Errorf("cache has no mezzanine %q", name))
			continue
		}
		n, e := remove(filepath.Join(cache, name))
		freed += n
		if e != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, e))
		}
	}
	return freed, err
}

func remove(path string) (int64, error) {
	lock := path + ".lock"
	if making, ok := strings.CutSuffix(path, ".making"); ok {
		lock = making + ".lock"
	}
	for _, held := range []string{lock, filepath.Join(path, aboutFile)} {
		f, err := os.Open(held)
		if err != nil {
			continue // nobody can hold it
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		defer func() { _ = f.Close() }() // only read
		if err != nil {
			return 0, ErrHeld
		}
	}
	n := bytesOf(path)
	if n == 0 {
		if _, err := os.Lstat(path); err != nil {
			return 0, err
		}
	}
	// Out of the way at once: who opens it now makes it anew.
	gone := path + ".gone"
	if err := os.Rename(path, gone); err != nil {
		return 0, err
	}
	if err := os.RemoveAll(gone); err != nil {
		return 0, err
	}
	_ = os.Remove(lock) // it may not be there
	return n, nil
}

// unusedMost is how long a mezzanine stays in the cache that nobody has used.
const unusedMost = 30 * 24 * time.Hour

// KeepTidy tidies the cache once what is there has come on air, then each day, until
// ctx is cancelled. The function failed gets each error.
func (t *Transcoder) KeepTidy(ctx context.Context, failed func(error)) {
	for wait := time.Minute; ; wait = 24 * time.Hour {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := t.Tidy(); err != nil {
			failed(err)
		}
	}
}

// Tidy removes from the cache what nobody has used for a month, and what was not used
// for longest while the cache is larger than it may be. What is on air stays.
func (t *Transcoder) Tidy() error {
	list, err := List(t.config.Cache)
	if err != nil {
		return fmt.Errorf("CACHE_PATH: %w", err)
	}
	var whole int64
	for _, c := range list {
		whole += c.Bytes
	}
	for _, c := range slices.Backward(list) {
		over := t.config.CacheBytes > 0 && whole > t.config.CacheBytes
		if !over && time.Since(c.Used) < unusedMost {
			continue
		}
		freed, err := Remove(t.config.Cache, c.Name)
		whole -= freed
		if err != nil && !errors.Is(err, ErrHeld) && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("CACHE_PATH: %w", err)
		}
	}
	return nil
}

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 200 * time.Millisecond

// lockFile takes the lock at path, calling waiting again and again while another
// process holds it.
func lockFile(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && same(f, path) {
			return func() { _ = os.Remove(path); _ = f.Close() }, nil // nothing is written to it
		}
		_ = f.Close() // not ours
		if err == nil {
			continue // it was removed by who held it before
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		waiting()
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// same reports whether f is what stands at path still.
func same(f *os.File, path string) bool {
	a, err1 := f.Stat()
	b, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}
