package discovery

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

func TestIngested(t *testing.T) {
	root := t.TempDir()
	touch := func(path string) {
		t.Helper()
		file := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	touch("live02/playlist.m3u8")
	touch("live01/playlist.m3u8")
	touch("notyet/.playlist.m3u8")
	touch("notyet/1.m4s")
	touch(".hidden/playlist.m3u8")
	touch("not fit/playlist.m3u8")
	touch("folder/playlist.m3u8/x")
	touch("playlist.m3u8")
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"linked": outside, "live03/playlist.m3u8": filepath.Join(outside, "playlist.m3u8")} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	on, err := newFolder(root).look(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"live01", "live02"}, on.live); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if got, err := newFolder(filepath.Join(root, "nosuch")).look(time.Now()); got.live != nil || err != nil {
		t.Errorf("no folder: got %v, %v, want no signal", got, err)
	}
	if _, err := newFolder(filepath.Join(root, "playlist.m3u8")).look(time.Now()); err == nil {
		t.Error("a file for a folder: got no error")
	}
}

// listed is a playlist of five segments up to msn, the last of which ended so long
// before now.
func listed(msn int64, now time.Time, ago time.Duration, ended bool) []byte {
	p := m3u8.MediaPlaylist{Version: 7, TargetDuration: 2, MediaSequence: msn - 4, EndList: ended}
	for n := p.MediaSequence; n <= msn; n++ {
		p.Segments = append(p.Segments, m3u8.Segment{
			URI: media.SegmentName(n), Duration: 2 * time.Second, ProgramDateTime: now.Add(-ago - time.Duration(msn-n+1)*2*time.Second),
		})
	}
	return p.Encode()
}

func TestWhatAnEarlierRunLeftIsNoSignalBeforeSomebodyAddsToIt(t *testing.T) {
	root, now := t.TempDir(), time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)
	writes := 0
	put := func(text []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(root, "live01"), 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, "live01", media.PlaylistName)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		writes++ // two writes may be of one tick of the file system's clock
		if err := os.Chtimes(path, now, now.Add(time.Duration(writes)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	kind := func(on found) string {
		switch {
		case len(on.live) == 1:
			return "live"
		case len(on.ended) == 1:
			return "ended"
		case len(on.left) == 1:
			return "left"
		}
		return "none"
	}
	type look struct {
		name string
		do   func()
		want string
	}
	for _, c := range []struct {
		name  string
		steps []look
	}{
		{"left by an earlier run", []look{
			{"found", func() { put(listed(100, now, 10*time.Second+1, false)) }, "left"},
			{"looked at again", func() {}, "left"},
			{"much later", func() { now = now.Add(time.Hour) }, "left"},
			{"added to", func() { put(listed(2000, now, 0, false)) }, "live"},
			{"and left alone: an encoder that is down", func() { now = now.Add(time.Hour) }, "live"},
			{"said to end", func() { put(listed(2000, now, time.Hour, true)) }, "ended"},
			{"removed", func() { _ = os.RemoveAll(filepath.Join(root, "live01")) }, "none"},
		}},
		{"left by a run that was here a moment ago", []look{
			{"found", func() { put(listed(100, now, 10*time.Second, false)) }, "live"},
			{"its encoder stays down", func() { now = now.Add(time.Hour) }, "live"},
		}},
		{"left at its end", []look{
			{"found", func() { put(listed(100, now, time.Hour, true)) }, "ended"},
			{"it is back", func() { put(listed(5000, now, 0, false)) }, "live"},
		}},
		{"without dates", []look{
			{"found", func() { put([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.m4s\n")) }, "live"},
		}},
		{"no playlist", []look{
			{"found", func() { put([]byte("<html>")) }, "live"},
		}},
	} {
		_ = os.RemoveAll(filepath.Join(root, "live01"))
		f := newFolder(root)
		for _, s := range c.steps {
			s.do()
			on, err := f.look(now)
			if got := kind(on); err != nil || got != s.want {
				t.Errorf("%s, %s: got %s, %v, want %s", c.name, s.name, got, err, s.want)
			}
		}
	}
}
