package output

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/streamtest"
)

const testWindow = 3

// plain is the grid of the tests.
var plain media.Grid

// wholeSegment is segment n as the segmenter gives it.
func wholeSegment(n int64) *media.Segment {
	return &media.Segment{MSN: n, Data: streamtest.Segment(plain, n)}
}

func initOf(name string) Init { return Init{name, streamtest.Init(streamtest.Timescale)} }

func open(t *testing.T, path string, current int64) *Output {
	t.Helper()
	o, err := Open(Config{Path: path, Window: testWindow, Log: hclog.NewNullLogger()}, "live01", plain, plain.Start(current))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

// fill publishes segments from first to last.
func fill(t *testing.T, o *Output, first, last int64) {
	t.Helper()
	for n := first; n <= last; n++ {
		if err := o.Publish(wholeSegment(n), initOf("init-a.mp4")); err != nil {
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
		if e.Name() != lockName {
			list = append(list, e.Name())
		}
	}
	return strings.Join(list, " ")
}

func listed(t *testing.T, path string) *m3u8.MediaPlaylist {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path, media.PlaylistName))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m3u8.ParseMedia(b)
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
	if p := listed(t, dir); p.MediaSequence != 108 || len(p.Segments) != testWindow || !f.Full() {
		t.Errorf("playlist from %d, %d segments", p.MediaSequence, len(p.Segments))
	}
}

// restarts are what a worker finds that starts again after 110 was published.
var restarts = []struct {
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
		if err := os.Remove(filepath.Join(dir, media.PlaylistName)); err != nil {
			t.Fatal(err)
		}
	}, 111, -1, "104 105 106 107 108 109 110"},
	{"no playlist worth the name", func(t *testing.T, dir string) {
		if err := os.WriteFile(filepath.Join(dir, media.PlaylistName), []byte("#EXTM"), 0o644); err != nil {
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
}

func TestAfterARestartTheFolderIsTakenUp(t *testing.T) {
	for _, c := range restarts {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			before := open(t, dir, 103)
			fill(t, before, 100, 110)
			before.Close()
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			f := open(t, dir, c.current)
			if got := f.Newest(); got != c.newest {
				t.Errorf("newest: got %d, want %d", got, c.newest)
			}
			var files []string
			for name := range strings.FieldsSeq(names(t, dir)) {
				if n, ok := strings.CutSuffix(name, media.SegmentExt); ok {
					files = append(files, n)
				}
			}
			if got := strings.Join(files, " "); got != c.files {
				t.Errorf("segments: got %s, want %s", got, c.files)
			}
			// What comes next leaves no hole and lists only what is there.
			next := max(f.Newest()+1, c.current-testWindow)
			fill(t, f, next, next+1)
			p := listed(t, dir)
			for i, s := range p.Segments {
				if !f.folder.isWhole(plain)(p.MediaSequence+int64(i), s) {
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
	other.Data = append(other.Data, streamtest.Box("free")...)
	if err := f.Publish(other, initOf("init-a.mp4")); err != nil {
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
		if err := f.Publish(wholeSegment(n), initOf("init-b.mp4")); err != nil {
			t.Fatal(err)
		}
		p := listed(t, dir)
		at := slices.IndexFunc(p.Segments, func(s m3u8.Segment) bool { return s.Discontinuity })
		wantAt, wantSequence := int(103-p.MediaSequence), int64(0)
		if wantAt < 0 {
			wantAt, wantSequence = -1, 1
		}
		if at != wantAt || p.DiscontinuitySequence != wantSequence {
			t.Errorf("segment %d: discontinuity at %d, sequence %d, want %d and %d", n, at, p.DiscontinuitySequence, wantAt, wantSequence)
		}
	}
	f.Close()
	if again := open(t, dir, 108).window; again.list.DiscontinuitySequence != 1 {
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
	if p := listed(t, dir); p.MediaSequence != 200 || len(p.Segments) != 1 || f.Full() {
		t.Errorf("playlist from %d, %d segments, want 200 alone", p.MediaSequence, len(p.Segments))
	}
}

func TestADiskWithoutRoomLeavesNoHalfFile(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	for file := range 3 { // the initialization section, the segment, the playlist
		dir := t.TempDir()
		f := open(t, dir, 103)
		fill(t, f, 100, 102)
		written := 0
		f.folder.create = func(path string) (*os.File, error) {
			if written++; written <= file {
				return os.Create(path)
			}
			return os.OpenFile("/dev/full", os.O_WRONLY, 0)
		}
		if err := f.Publish(wholeSegment(103), initOf("init-b.mp4")); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Fatalf("file %d: got %v, want no space left", file, err)
		}
		if got := listed(t, dir).LastMSN(); got != 102 || f.Newest() != 102 {
			t.Errorf("file %d: listed up to %d, taken for listed %d, want 102", file, got, f.Newest())
		}
		if got := names(t, dir); strings.Contains(got, tempPrefix) {
			t.Errorf("file %d: left over: %s", file, got)
		}
		f.folder.create = nil
		fill(t, f, 103, 104) // there is room again
		if p := listed(t, dir); p.LastMSN() != 104 || len(p.Segments) != testWindow {
			t.Errorf("file %d: then listed up to %d", file, p.LastMSN())
		}
	}
}

// Whoever removes a folder may remove a segment in the moment after it has its name.
func TestASegmentThatIsRemovedAtOnceIsWrittenAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live01")
	f := open(t, dir, 103)
	fill(t, f, 100, 101)
	f.folder.create = func(path string) (*os.File, error) {
		_ = os.Remove(filepath.Join(dir, media.SegmentName(102))) // when the playlist is written, it is there
		return os.Create(path)
	}
	fill(t, f, 102, 102)
	f.folder.create = nil
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fill(t, f, 103, 103)
	if p := listed(t, dir); p.MediaSequence != 101 || p.LastMSN() != 103 {
		t.Errorf("listed from %d to %d, want 101 to 103", p.MediaSequence, p.LastMSN())
	}
}

// Removing a folder takes a while: what is written meanwhile goes too.
func TestAFolderThatIsRemovedSeveralTimesIsFilledAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live01")
	f := open(t, dir, 103)
	fill(t, f, 100, 102)
	removals := 0
	f.folder.create = func(path string) (*os.File, error) {
		if removals++; removals <= 4 {
			_ = os.RemoveAll(dir)
		}
		return os.Create(path)
	}
	fill(t, f, 103, 103)
	if p := listed(t, dir); p.MediaSequence != 101 || p.LastMSN() != 103 {
		t.Errorf("listed from %d to %d, want 101 to 103", p.MediaSequence, p.LastMSN())
	}
}

func TestWhatCannotBeRemovedIsNoReasonToPublishNothing(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, 103)
	if err := os.MkdirAll(filepath.Join(dir, "7.m4s", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	fill(t, f, 100, 104)
	if p := listed(t, dir); p.LastMSN() != 104 || f.Newest() != 104 {
		t.Errorf("listed up to %d, taken for listed %d, want 104", p.LastMSN(), f.Newest())
	}
}
