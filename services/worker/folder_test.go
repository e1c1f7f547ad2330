package worker

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"livestream-tui/services/hls"
)

const testWindow = 3

// whole is segment n as the cutter gives it.
func wholeSegment(n int64) *segment {
	return &segment{MSN: n, Data: stream(uint64(n)*segmentUnits, 5)[len(initBox(timescale)):]}
}

func open(t *testing.T, path string, current int64) *folder {
	t.Helper()
	f, err := openFolder(path, testWindow, current)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// fill publishes segments from first to last and tidies as the encoder does.
func fill(t *testing.T, f *folder, first, last int64) {
	t.Helper()
	for n := first; n <= last; n++ {
		if err := f.publish(wholeSegment(n), initBox(timescale), "init-a.mp4"); err != nil {
			t.Fatal(err)
		}
		if err := f.tidy(); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func listed(t *testing.T, path string) *hls.MediaPlaylist {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path, playlistName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := hls.ParseMedia(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTidyKeepsWhatAPlayerMayAskFor(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, 103)
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	fill(t, f, 100, 110)
	// Listed are 108 to 110. 104 left four segments ago: its own length and a
	// playlist's of three.
	want := "104.m4s 105.m4s 106.m4s 107.m4s 108.m4s 109.m4s 110.m4s init-a.mp4 notes.txt playlist.m3u8"
	if got := names(t, dir); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if p := listed(t, dir); p.MediaSequence != 108 || len(p.Segments) != testWindow || !f.full() {
		t.Errorf("playlist from %d, %d segments", p.MediaSequence, len(p.Segments))
	}
}

func TestAfterARestartTheFolderIsTakenUp(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(t *testing.T, dir string)
		current int64
		newest  int64
		files   string
	}{
		{"at once", nil, 111, 110, "104 105 106 107 108 109 110"},
		{"a segment later", nil, 112, 110, "105 106 107 108 109 110"},
		{"when all has left the window", nil, 114, -1, "107 108 109 110"},
		{"long after", nil, 1000, -1, ""},
		{"the clock set back", nil, 50, 110, "104 105 106 107 108 109 110"},
		{"half a segment", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "109.m4s"), 40); err != nil {
				t.Fatal(err)
			}
		}, 111, 110, "106 107 108 109 110"},
		{"half of the newest", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "110.m4s"), 40); err != nil {
				t.Fatal(err)
			}
		}, 111, -1, "104 105 106 107 108 109 110"},
		{"a segment of another number", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "109.m4s"), wholeSegment(7).Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}, 111, 110, "106 107 108 109 110"},
		{"no init", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "init-a.mp4")); err != nil {
				t.Fatal(err)
			}
		}, 111, -1, "104 105 106 107 108 109 110"},
		{"no playlist", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, playlistName)); err != nil {
				t.Fatal(err)
			}
		}, 111, -1, "104 105 106 107 108 109 110"},
		{"no playlist worth the name", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, playlistName), []byte("#EXTM"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, 111, -1, "104 105 106 107 108 109 110"},
		{"half-written files", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, tempPrefix+"111.m4s"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, 111, 110, "104 105 106 107 108 109 110"},
		{"a segment that was never listed", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "111.m4s"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, 112, 110, "105 106 107 108 109 110"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, open(t, dir, 103), 100, 110)
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			f := open(t, dir, c.current)
			if got := f.newest(); got != c.newest {
				t.Errorf("newest: got %d, want %d", got, c.newest)
			}
			var files []string
			for name := range strings.FieldsSeq(names(t, dir)) {
				if n, ok := strings.CutSuffix(name, segmentExt); ok {
					files = append(files, n)
				}
			}
			if got := strings.Join(files, " "); got != c.files {
				t.Errorf("segments: got %s, want %s", got, c.files)
			}
			// What comes next leaves no hole and lists only what is there.
			next := max(f.newest()+1, c.current-testWindow)
			fill(t, f, next, next+1)
			p := listed(t, dir)
			for i, s := range p.Segments {
				if !f.whole(p.MediaSequence+int64(i), s) {
					t.Errorf("listed, but not whole: %s", s.URI)
				}
			}
			if p.LastMSN() != next+1 {
				t.Errorf("newest listed: got %d, want %d", p.LastMSN(), next+1)
			}
		})
	}
}

func TestWhatIsListedIsNeverReplaced(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, 103)
	fill(t, f, 100, 102)
	other := wholeSegment(102)
	other.Data = append(other.Data, box("free")...)
	if err := f.publish(other, initBox(timescale), "init-a.mp4"); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "102.m4s")); err != nil || !slices.Equal(b, wholeSegment(102).Data) {
		t.Errorf("a listed segment was written over (%v)", err)
	}
}

func TestADiscontinuityIsCountedWhenItLeaves(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, 103)
	fill(t, f, 100, 102)
	for n := int64(103); n <= 107; n++ {
		if err := f.publish(wholeSegment(n), initBox(timescale), "init-b.mp4"); err != nil {
			t.Fatal(err)
		}
		p := listed(t, dir)
		at := slices.IndexFunc(p.Segments, func(s hls.Segment) bool { return s.Discontinuity })
		wantAt, wantSequence := int(103-p.MediaSequence), int64(0)
		if wantAt < 0 {
			wantAt, wantSequence = -1, 1
		}
		if at != wantAt || p.DiscontinuitySequence != wantSequence {
			t.Errorf("segment %d: discontinuity at %d, sequence %d, want %d and %d", n, at, p.DiscontinuitySequence, wantAt, wantSequence)
		}
	}
	if err := f.tidy(); err != nil {
		t.Fatal(err)
	}
	if again := open(t, dir, 108); again.list.DiscontinuitySequence != 1 {
		t.Errorf("after a restart: sequence %d, want 1", again.list.DiscontinuitySequence)
	}
	// 103 left the playlist, and with it its discontinuity; init-a is needed by
	// what may still be asked for.
	if got := names(t, dir); !strings.Contains(got, "init-b.mp4") {
		t.Errorf("the init in use is gone: %s", got)
	}
}

func TestAJumpStartsANewWindow(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, 103)
	fill(t, f, 100, 102)
	fill(t, f, 200, 200)
	if p := listed(t, dir); p.MediaSequence != 200 || len(p.Segments) != 1 || f.full() {
		t.Errorf("playlist from %d, %d segments, want 200 alone", p.MediaSequence, len(p.Segments))
	}
}

func TestADiskWithoutRoomLeavesNoHalfFile(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	for _, file := range []string{"init-b.mp4", "103.m4s", playlistName} {
		dir := t.TempDir()
		f := open(t, dir, 103)
		fill(t, f, 100, 102)
		if err := os.Symlink("/dev/full", filepath.Join(dir, tempPrefix+file)); err != nil {
			t.Fatal(err)
		}
		if err := f.publish(wholeSegment(103), initBox(timescale), "init-b.mp4"); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Fatalf("%s: got %v, want no space left", file, err)
		}
		if got := listed(t, dir).LastMSN(); got != 102 || f.newest() != 102 {
			t.Errorf("%s: listed up to %d, taken for listed %d, want 102", file, got, f.newest())
		}
		if got := names(t, dir); strings.Contains(got, tempPrefix) {
			t.Errorf("%s: left over: %s", file, got)
		}
		fill(t, f, 103, 104) // there is room again
		if p := listed(t, dir); p.LastMSN() != 104 || len(p.Segments) != testWindow {
			t.Errorf("%s: then listed up to %d", file, p.LastMSN())
		}
	}
}
