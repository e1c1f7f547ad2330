package output

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/media"
)

func TestAFolderHasOneWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live01")
	if err := CheckLock(dir); err != nil {
		t.Errorf("no folder: got %v", err)
	}
	first := open(t, dir, 103)
	fill(t, first, 100, 102)
	var locked *LockedError
	if err := CheckLock(dir); !errors.As(err, &locked) || locked.PID != os.Getpid() || !strings.Contains(err.Error(), dir+" is written by process ") {
		t.Errorf("while it is written: got %v, want our process named", err)
	}
	c := Config{Path: dir, Window: testWindow, Log: hclog.NewNullLogger()}
	if _, err := Open(c, "live01", plain, plain.Start(103)); !errors.As(err, &locked) {
		t.Errorf("a second writer: got %v, want it refused", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := CheckLock(dir); err != nil {
		t.Errorf("after its end: got %v", err)
	}
	if second := open(t, dir, 103); second.Newest() != 102 {
		t.Errorf("the next writer: newest %d, want what was there", second.Newest())
	}
}

// A child that outlives the worker must not keep the next one from writing.
func TestAChildDoesNotInheritTheLock(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir, 103)
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Skip("no cat here")
	}
	cmd := exec.Command(cat)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer in.Close()
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if err := CheckLock(dir); err != nil {
		t.Errorf("got %v, want it free", err)
	}
}

func TestALockThatIsASymlinkIsNotFollowed(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	if err := errors.Join(os.WriteFile(other, []byte("precious"), 0o644), os.Symlink(other, filepath.Join(dir, lockName))); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Path: dir, Window: testWindow, Log: hclog.NewNullLogger()}, "live01", plain, plain.Start(103)); err == nil {
		t.Error("got no error")
	}
	if b, err := os.ReadFile(other); err != nil || string(b) != "precious" {
		t.Errorf("got %q, %v: it was written to", b, err)
	}
}

func TestAFolderThatIsRemovedIsFilledAgain(t *testing.T) {
	root := t.TempDir()
	for _, c := range []struct {
		name   string
		remove func(dir string) error
		from   int64 // the oldest segment listed then
	}{
		{"the signal's folder", os.RemoveAll, 101},
		{"the whole output", func(dir string) error { return os.RemoveAll(filepath.Dir(dir)) }, 101},
		{"one segment", func(dir string) error { return os.Remove(filepath.Join(dir, "102.m4s")) }, 101},
		{"the initialization section", func(dir string) error { return os.Remove(filepath.Join(dir, "init-a.mp4")) }, 101},
		{"the lock", func(dir string) error { return os.Remove(filepath.Join(dir, lockName)) }, 101},
		{"the playlist", func(dir string) error { return os.Remove(filepath.Join(dir, media.PlaylistName)) }, 101},
		{"moved away, another in its place", func(dir string) error {
			return errors.Join(os.Rename(dir, dir+".old"), os.Mkdir(dir, 0o755))
		}, 101},
	} {
		dir := filepath.Join(root, c.name, "live01")
		o := open(t, dir, 103)
		fill(t, o, 100, 102)
		if err := c.remove(dir); err != nil {
			t.Fatal(err)
		}
		fill(t, o, 103, 103)
		p := listed(t, dir)
		if p.MediaSequence != c.from || p.LastMSN() != 103 {
			t.Errorf("%s: listed %d to %d, want %d to 103", c.name, p.MediaSequence, p.LastMSN(), c.from)
		}
		for i, s := range p.Segments {
			if !o.folder.isWhole(plain)(p.MediaSequence+int64(i), s) {
				t.Errorf("%s: listed, but not whole: %s", c.name, s.URI)
			}
		}
		if CheckLock(dir) == nil {
			t.Errorf("%s: the new folder is not locked", c.name)
		}
		if got := names(t, dir); strings.Contains(got, tempPrefix) {
			t.Errorf("%s: left over: %s", c.name, got)
		}
	}
}

func TestWhatCannotBeFilledAgainIsNotListed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live01")
	o := open(t, dir, 103)
	fill(t, o, 100, 102)
	o.folder.open["101.m4s"].Close()
	delete(o.folder.open, "101.m4s") // as where the window is longer than what is kept open
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fill(t, o, 103, 103)
	if p := listed(t, dir); p.MediaSequence != 102 || len(p.Segments) != 2 {
		t.Errorf("listed %d segments from %d, want 2 from 102", len(p.Segments), p.MediaSequence)
	}
	fill(t, o, 104, 105)
	if p := listed(t, dir); p.MediaSequence != 103 || len(p.Segments) != 3 {
		t.Errorf("listed %d segments from %d, want 3 from 103", len(p.Segments), p.MediaSequence)
	}
}

func TestTheEndOfASignal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live01")
	o := open(t, dir, 103)
	fill(t, o, 100, 102)
	if err := o.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := listed(t, dir); !p.EndList || len(p.Segments) != testWindow {
		t.Errorf("got %d segments, end %t, want the last window and its end", len(p.Segments), p.EndList)
	}
	// It comes back: what follows is no end.
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	o = open(t, dir, 103)
	fill(t, o, 103, 103)
	if p := listed(t, dir); p.EndList || p.MediaSequence != 101 {
		t.Errorf("after its return: end %t, from %d, want none, from 101", p.EndList, p.MediaSequence)
	}
	notes := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(notes, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := o.Remove(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "notes.txt" {
		t.Errorf("left: %s, want the stranger's file alone", got)
	}
}

func TestLeftovers(t *testing.T) {
	output := t.TempDir()
	now := time.Now()
	old := now.Add(-time.Hour)
	add := func(signal string, at time.Time, files ...string) {
		t.Helper()
		dir := filepath.Join(output, signal)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.WriteFile(path, []byte("x"), 0o644), os.Chtimes(path, at, at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("old", old, media.PlaylistName, "7.m4s", "init-a.mp4", ".new-x", lockName)
	add("mixed", old, media.PlaylistName, "7.m4s", "notes.txt")
	add("fresh", now, media.PlaylistName, "7.m4s")
	add("needed", old, media.PlaylistName)
	add("strange", old, "notes.txt")
	add("empty", old)
	add("not.a.signal", old, media.PlaylistName)
	add("locked", old, media.PlaylistName)
	locked := open(t, filepath.Join(output, "locked"), 103)
	removed, err := RemoveLeftovers(output, now.Add(-time.Minute), func(signal string) bool { return signal == "needed" })
	if err != nil || strings.Join(removed, " ") != "mixed old" {
		t.Errorf("removed: got %v, %v, want mixed and old", removed, err)
	}
	if got, want := names(t, output), "empty fresh locked mixed needed not.a.signal strange"; got != want {
		t.Errorf("left: got %s, want %s", got, want)
	}
	if got := names(t, filepath.Join(output, "mixed")); got != "notes.txt" {
		t.Errorf("mixed: got %s, want the stranger's file alone", got)
	}
	if err := locked.Close(); err != nil {
		t.Error(err)
	}
	if _, err := RemoveLeftovers(filepath.Join(output, "none"), now, func(string) bool { return false }); err != nil {
		t.Errorf("no output: got %v", err)
	}
}

func TestAFreshLeftoverIsEndedBeforeItIsRemoved(t *testing.T) {
	output := t.TempDir()
	for _, c := range []struct {
		name   string
		locked bool // it had a writer of ours
		want   bool
	}{{"ours", true, true}, {"another-encoders", false, false}} {
		folder := filepath.Join(output, c.name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		list := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n7.m4s\n"
		if err := os.WriteFile(filepath.Join(folder, media.PlaylistName), []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
		if c.locked {
			if err := os.WriteFile(filepath.Join(folder, lockName), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		removed, err := RemoveLeftovers(output, time.Now().Add(-time.Minute), func(string) bool { return false })
		if err != nil || len(removed) != 0 {
			t.Errorf("%s: got %v removed, %v, want none yet", c.name, removed, err)
		}
		b, err := os.ReadFile(filepath.Join(folder, media.PlaylistName))
		if err != nil || bytes.Contains(b, []byte("#EXT-X-ENDLIST")) != c.want {
			t.Errorf("%s: got %q, %v, want an end %v", c.name, b, err, c.want)
		}
	}
}

func TestAnotherGridBeginsAnotherWindow(t *testing.T) {
	w := NewWindow(plain, testWindow).With(100, "init-a.mp4").With(101, "init-a.mp4")
	other := media.Grid{Segment: 2002 * time.Millisecond, Offset: 145}
	w = w.On(other).With(146, "init-b.mp4").With(147, "init-b.mp4")
	p := w.list
	if p.MediaSequence != 146 || len(p.Segments) != 2 || !p.Segments[0].Discontinuity || p.Segments[1].Discontinuity {
		t.Errorf("got %+v, want a window from 146 on that begins with a discontinuity", p)
	}
	if s := p.Segments[0]; s.Duration != 2002*time.Millisecond || !s.ProgramDateTime.Equal(other.Start(146)) {
		t.Errorf("got %+v, want a segment of the other grid", s)
	}
	if w = w.drop(1); w.list.DiscontinuitySequence != 1 {
		t.Errorf("discontinuity sequence: got %d, want 1", w.list.DiscontinuitySequence)
	}
}

func TestReadAllReadsARemovedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("media"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 2 { // from the beginning each time
		if b, err := readAll(f); err != nil || string(b) != "media" {
			t.Errorf("got %q, %v", b, err)
		}
	}
}
