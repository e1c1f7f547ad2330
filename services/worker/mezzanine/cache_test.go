package mezzanine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// put puts a mezzanine of n bytes into a cache, which was used some time ago.
func put(t *testing.T, cache, name string, n int, used time.Duration) Mezzanine {
	t.Helper()
	m := Mezzanine{Film: name + ".mp4", Turn: 4 * time.Second, Segment: 2 * time.Second, Loop: 8 * time.Second, Frames: 50, PictureBytes: int64(n / 2), SoundBytes: int64(n / 2), folder: filepath.Join(cache, name)}
	if err := os.MkdirAll(m.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := m.WriteAbout(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{PictureFile, SoundFile} {
		if err := os.WriteFile(filepath.Join(m.folder, file), make([]byte, n/2), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Now().Add(-used)
	if err := os.Chtimes(filepath.Join(m.folder, AboutFile), at, at); err != nil {
		t.Fatal(err)
	}
	return m
}

func nameOf(digit string) string { return strings.Repeat(digit, 24) }

func namesIn(t *testing.T, cache string) string {
	t.Helper()
	list, err := List(cache)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list {
		names = append(names, c.Name[:1])
	}
	return strings.Join(names, "")
}

func TestCacheIsTidied(t *testing.T) {
	cache := t.TempDir()
	put(t, cache, nameOf("a"), 1<<20, time.Hour)
	put(t, cache, nameOf("b"), 1<<20, 29*24*time.Hour)
	put(t, cache, nameOf("c"), 1<<20, 31*24*time.Hour)
	aired := put(t, cache, nameOf("d"), 1<<20, 32*24*time.Hour)
	release := aired.Retain()
	stranger := filepath.Join(cache, "holiday.mp4")
	if err := os.WriteFile(stranger, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Tidy(cache, 0); err != nil {
		t.Fatal(err)
	}
	if got := namesIn(t, cache); got != "abd" {
		t.Errorf("after a month: got %q, want abd: c was not used, d is on air", got)
	}
	if err := Tidy(cache, 1<<20+1<<19); err != nil {
		t.Fatal(err)
	}
	if got := namesIn(t, cache); got != "d" {
		t.Errorf("beyond its size: got %q, want d, which is on air", got)
	}
	release()
	if _, err := Remove(cache, nameOf("d")); err != nil {
		t.Errorf("what has gone off air cannot be removed: %v", err)
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Errorf("a stranger's file was removed: %v", err)
	}
}

func TestRemoveTellsWhatItKeeps(t *testing.T) {
	cache := t.TempDir()
	release := put(t, cache, nameOf("a"), 1000, 0).Retain()
	defer release()
	put(t, cache, nameOf("b"), 1000, 0)
	freed, err := Remove(cache, nameOf("a"), nameOf("b"), "../etc")
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), nameOf("a")) || !strings.Contains(err.Error(), `no mezzanine "../etc"`) {
		t.Errorf("got %v, want an error that names a as in use and ../etc as unknown", err)
	}
	if freed < 1000 || namesIn(t, cache) != "a" {
		t.Errorf("got %d bytes freed and %q left, want those of b", freed, namesIn(t, cache))
	}
}

func TestListKnowsFormerMezzanines(t *testing.T) {
	cache := t.TempDir()
	if got := namesIn(t, filepath.Join(cache, "not-there")); got != "" {
		t.Errorf("a cache that is not there: got %q", got)
	}
	for _, name := range []string{nameOf("f") + "-24s.mp4", nameOf("f") + "-24s.ffconcat", nameOf("e") + ".lock", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(cache, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := namesIn(t, cache); got != "ff" {
		t.Errorf("got %q, want the two files of a former version", got)
	}
}

func TestWhatIsNoMezzanineIsNotOpened(t *testing.T) {
	m := put(t, t.TempDir(), nameOf("a"), 10, 0)
	if _, err := Open(m.folder); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"its turn is no whole number of segments": func() error { m.Turn = 3 * time.Second; return m.WriteAbout() },
		"its picture was cut": func() error {
			m.Turn = 4 * time.Second
			return errors.Join(m.WriteAbout(), os.Truncate(filepath.Join(m.folder, PictureFile), 1))
		},
		"its sound is missing": func() error {
			m.Turn = 4 * time.Second
			return errors.Join(m.WriteAbout(), os.Remove(filepath.Join(m.folder, SoundFile)))
		},
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(m.folder); err == nil {
			t.Errorf("%s: it was opened", name)
		}
	}
}
