package terminal

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestFilesAreWrittenForTheOperatorOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "logs")
	path, err := NewOutside(io.Discard).Write(folder, "incident.txt", "what has happened\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(folder, "saved", "incident.txt"); path != want {
		t.Errorf("got %s, want %s", path, want)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode: got %o, want 600", got)
	}
}

func TestNoTerminalIsGivenBackWithoutAKeepsake(t *testing.T) {
	if err := Restore(nil); err != nil {
		t.Errorf("without arguments: got %v, want nothing done", err)
	}
	if err := Restore([]string{"not a keepsake"}); err == nil {
		t.Error("bad arguments: got no error")
	}
}
