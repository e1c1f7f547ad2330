package mezzanine

import (
	"cmp"
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

// Cached is one mezzanine in a cache, or what was left of making one.
type Cached struct {
	// Name is its own in the cache. Film is the name of the file that it was made of,
	// empty where that is not known.
	Name, Film string
	Bytes      int64
	// Made is when it was made, Used when it was on air last.
	Made, Used time.Time
	// Length is that of the film's turns in it; 0 where it is not known.
	Length time.Duration
	// Excerpt says that only the film's beginning is in it.
	Excerpt bool
}

var (
	// ours are the names of what this package puts into the cache.
	ours = regexp.MustCompile(`^(?:[0-9a-f]{24}(?:-excerpt)?|test-film-[\w-]+)(?:\.making|\.lock)?$`)
	// former are the names of what former versions put there.
	former = regexp.MustCompile(`^(?:film-)?[0-9a-f]{24}-[0-9hms]+\.(?:mp4|ffconcat|mp4\.lock|mp4\.making)$`)
)

// List returns what is in a cache, what was used last first. A cache that does not exist
// is empty.
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
		if m, err := read(path); err == nil {
			c.Film, c.Made, c.Length, c.Excerpt = m.Film, m.Made, m.Turn, m.Excerpt
			if about, err := os.Stat(filepath.Join(path, AboutFile)); err == nil {
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

// ErrInUse says that a mezzanine is on air or being made.
var ErrInUse = errors.New("it is on air or being made")

// Remove removes mezzanines from a cache by their names, and returns how many bytes
// that frees. What is on air or being made stays; the error, of ErrInUse, names it.
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
	for _, file := range []string{lock, filepath.Join(path, AboutFile)} {
		f, err := os.Open(file)
		if err != nil {
			continue // without the file there is no lock
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		defer func() { _ = f.Close() }() // only read
		if err != nil {
			return 0, ErrInUse
		}
	}
	n := bytesOf(path)
	if n == 0 {
		if _, err := os.Lstat(path); err != nil {
			return 0, err
		}
	}
	// Out of the way at once: a worker that looks for it now makes it anew.
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

// unusedMost is how long an unused mezzanine stays in the cache.
const unusedMost = 30 * 24 * time.Hour

// Tidy removes from a cache what was not used for a month and, while the cache has more
// than most bytes, what was not used for longest. Zero means no bound. What is on air stays.
func Tidy(cache string, most int64) error {
	list, err := List(cache)
	if err != nil {
		return fmt.Errorf("CACHE_PATH: %w", err)
	}
	var whole int64
	for _, c := range list {
		whole += c.Bytes
	}
	for _, c := range slices.Backward(list) {
		over := most > 0 && whole > most
		if !over && time.Since(c.Used) < unusedMost {
			continue
		}
		freed, err := Remove(cache, c.Name)
		whole -= freed
		if err != nil && !errors.Is(err, ErrInUse) && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("CACHE_PATH: %w", err)
		}
	}
	return nil
}
