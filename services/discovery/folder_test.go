package discovery

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	got, err := ingested(root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"live01", "live02"}, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if got, err := ingested(filepath.Join(root, "nosuch")); got != nil || err != nil {
		t.Errorf("no folder: got %v, %v, want no signal", got, err)
	}
	if _, err := ingested(filepath.Join(root, "playlist.m3u8")); err == nil {
		t.Error("a file for a folder: got no error")
	}
}
