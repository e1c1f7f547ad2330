package samefile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsAtItsPath(t *testing.T) {
	root := t.TempDir()
	path := func(name string) string { return filepath.Join(root, name) }
	file, err := os.Create(path("file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.WriteFile(path("other"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path("file"), path("link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		file        *os.File
		path        string
		at, through bool
	}{
		{"its path", file, path("file"), true, true},
		{"a link to it", file, path("link"), false, true},
		{"another file", file, path("other"), false, false},
		{"no file", file, path("nowhere"), false, false},
		{"nil", nil, path("file"), false, false},
	} {
		if at, through := At(c.file, c.path), Through(c.file, c.path); at != c.at || through != c.through {
			t.Errorf("%s: got %t, %t, want %t, %t", c.name, at, through, c.at, c.through)
		}
	}
}
