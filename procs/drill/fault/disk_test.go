package fault

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"livestream-tui/procs/drill/sandbox"
)

func TestADiskIsFullAndHasRoomAgain(t *testing.T) {
	box := sandbox.Sandbox{Root: t.TempDir()}
	box.Output = filepath.Join(box.Root, "output")
	if err := box.MountDisk(); err != nil {
		t.Fatal(err)
	}
	if box.Disk == "" {
		t.Skip("no disk can be mounted here: that needs root on Linux")
	}
	defer func() {
		if err := box.UnmountDisk(); err != nil {
			t.Error(err)
		}
		if err := os.Remove(box.Output); err != nil {
			t.Errorf("the disk is still there: %v", err)
		}
	}()
	a := &attempt{target: Target{Disk: box.Disk}}
	if no := (*UnavailableError)(nil); !errors.As(fillDisk(t.Context(), a, ""), &no) {
		t.Error("a disk to which no encoder writes was filled")
	}
	if err := os.Mkdir(filepath.Join(box.Disk, "live01"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(box.Disk, "live01", "playlist.m3u8"), []byte("#EXTM3U\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := fill(filepath.Join(box.Disk, "ballast")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(box.Disk, "segment"), []byte("x"), 0o644); err == nil {
		t.Error("there is room on a full disk")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fillDisk(ended, a, ""); !errors.Is(err, context.Canceled) { // it would wait for a segment
		t.Fatal(err)
	}
	if err := a.takeBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(box.Disk, "segment"), []byte("x"), 0o644); err != nil {
		t.Errorf("there is no room again: %v", err)
	}
}
