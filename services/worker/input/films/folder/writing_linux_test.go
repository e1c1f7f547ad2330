package folder

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFileOpenForWritingIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.mp4")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	while := IsWritten(path)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if IsWritten(path) {
		t.Error("closed: got true, want false")
	}
	if !while {
		t.Skip("this file system grants no leases")
	}
	if IsWritten(filepath.Join(t.TempDir(), "none")) {
		t.Error("no file: got true")
	}
}
