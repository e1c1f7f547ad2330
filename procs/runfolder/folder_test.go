package runfolder

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// short is a folder with a short path: that of a socket has a limit.
func short(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "run")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// TestAFolderThatAnotherHasTakenIsLeftToIt has a second supervisor come in the moment
// in which the first one's folder is not there.
func TestAFolderThatAnotherHasTakenIsLeftToIt(t *testing.T) {
	run := filepath.Join(short(t), "run")
	first, err := Enter(run)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Leave()
	own, err := first.Listen("proxy.1.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Forget(own)
	if err := os.RemoveAll(run); err != nil {
		t.Fatal(err)
	}
	second, err := Enter(run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Renew(); !errors.Is(err, ErrAlreadyRunning) {
		t.Errorf("got %v, want %v", err, ErrAlreadyRunning)
	}
	if err := first.Records.Add("proxy", os.Getpid(), own.Path()); err != nil {
		t.Error(err)
	}
	if other, err := first.Listen("proxy.2.sock"); err != nil || isThere(other.Path()) {
		t.Errorf("a new socket: got %v, there: %t, want it kept for later", err, isThere(other.Path()))
	}
	if names, err := os.ReadDir(run); err != nil || len(names) != 1 {
		t.Errorf("got %v, %v, want nothing but the other's lock", names, err)
	}
	second.Leave()
	if renewed, err := first.Renew(); err != nil || !renewed || !isThere(own.Path()) || !isThere(first.Records.Path()) {
		t.Errorf("once the other has gone: got %t, %v, want all of it made again", renewed, err)
	}
}
