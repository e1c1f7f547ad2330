package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
)

func TestOnlyRegularFilesAreRead(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Check(syscall.Mkfifo(d.Path("1.m4s"), 0o644))
	d.Check(os.Mkdir(d.Path("2.m4s"), 0o755))
	d.Check(os.WriteFile(d.Path("target"), disktest.SegmentOf(3, "live01"), 0o644))
	d.Check(os.Symlink("target", d.Path("3.m4s")))
	d.Check(os.WriteFile(d.Path("4.m4s"), nil, 0o644))
	d.Check(os.WriteFile(d.Path("5.m4s"), disktest.SegmentOf(5, "live01"), 0o644))
	f, err := openFolder(d.Output, "live01")
	d.Check(err)
	defer f.close()
	for n, ok := range map[int64]bool{1: false, 2: false, 3: false, 4: false, 5: true, 6: false} {
		if _, _, err := f.media(media.SegmentName(n)); (err == nil) != ok {
			t.Errorf("%d.m4s: got %v, want ok %t", n, err, ok)
		}
	}
	if _, _, err := f.read("5.m4s", 10); err == nil {
		t.Error("a file beyond the limit was read")
	}
	for _, name := range []string{"..", "../live01", "nosuch", "live01/5.m4s"} {
		if f, err := openFolder(d.Output, name); err == nil && name != "../live01" {
			f.close()
			t.Errorf("folder %q was opened", name)
		}
	}
}

func TestOnlyMissingFilesAreNoTrouble(t *testing.T) {
	missing, broken := fmt.Errorf("1.m4s: %w", fs.ErrNotExist), errors.New("broken")
	for _, c := range []struct {
		name string
		err  error
		ok   bool
	}{
		{"nothing", nil, true},
		{"a missing file", missing, true},
		{"one and nothing else", errors.Join(nil, missing), true},
		{"a broken one", broken, false},
		{"both", errors.Join(missing, broken), false},
	} {
		if err := exists(c.err); (err == nil) != c.ok {
			t.Errorf("%s: got %v, want ok %t", c.name, err, c.ok)
		}
	}
}
