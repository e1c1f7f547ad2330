package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestALogOfOurOwnIsMadeAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "logs")
	path := filepath.Join(folder, "platform.log")
	l, err := createLogFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range []struct {
		name   string
		remove func() error
		want   string
	}{
		{"there", func() error { return nil }, "there\n"},
		{"moved", func() error { return os.Rename(path, path+".old") }, "moved\n"},
		{"removed with its folder", func() error { return os.RemoveAll(folder) }, "removed with its folder\n"},
		{"there again", func() error { return nil }, "removed with its folder\nthere again\n"},
	} {
		if err := c.remove(); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Write([]byte(c.name + "\n")); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, b, err, c.want)
		}
	}
}
