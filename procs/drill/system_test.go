package drill

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestChildrenAreFound(t *testing.T) {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	list, err := childrenOf(os.Getpid())
	if err != nil || !slices.Contains(list, cmd.Process.Pid) {
		t.Errorf("got %v, %v, want %d among them", list, err, cmd.Process.Pid)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if list, err := childrenOf(os.Getpid()); err != nil || slices.Contains(list, cmd.Process.Pid) {
		t.Errorf("got %v, %v, want %d not among them any more", list, err, cmd.Process.Pid)
	}
}

func TestAProcessWithoutDescriptorsOpensNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the limits of another process can be set on Linux only")
	}
	// It opens a file for each line that it reads, and says how that went.
	cmd := exec.Command("sh", "-c", "echo begun; while read line; do (true </dev/null) 2>/dev/null && echo opened || echo refused; done")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := func() string {
		b := make([]byte, 100)
		n, err := out.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b[:n]))
	}
	try := func() string {
		if _, err := in.Write([]byte("\n")); err != nil {
			t.Fatal(err)
		}
		return said()
	}
	if got := said(); got != "begun" {
		t.Fatalf("it says %q", got)
	}
	restore, err := denyDescriptors(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if got := try(); got != "refused" {
		t.Errorf("while denied: %s", got)
	}
	if err := restore(); err != nil {
		t.Fatal(err)
	}
	if got := try(); got != "opened" {
		t.Errorf("when restored: %s", got)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestADiskIsFullAndHasRoomAgain(t *testing.T) {
	place := Place{Root: t.TempDir()}
	place.Output = filepath.Join(place.Root, "output")
	if err := place.WithDisk(); err != nil {
		t.Fatal(err)
	}
	if place.Disk == "" {
		t.Skip("no disk can be mounted here: that needs root on Linux")
	}
	defer func() {
		if err := place.Release(); err != nil {
			t.Error(err)
		}
		if err := os.Remove(place.Output); err != nil {
			t.Errorf("the disk is still there: %v", err)
		}
	}()
	s := &scene{target: Target{Disk: place.Disk}}
	if no := (*notHereError)(nil); !errors.As(fillDisk(t.Context(), s), &no) {
		t.Error("a disk that nobody writes to was filled")
	}
	if err := os.Mkdir(filepath.Join(place.Disk, "live01"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place.Disk, "live01", "playlist.m3u8"), []byte("#EXTM3U\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := fill(filepath.Join(place.Disk, "ballast")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place.Disk, "segment"), []byte("x"), 0o644); err == nil {
		t.Error("there is room on a full disk")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fillDisk(ended, s); !errors.Is(err, context.Canceled) { // it would wait for a segment
		t.Fatal(err)
	}
	if err := s.takeBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place.Disk, "segment"), []byte("x"), 0o644); err != nil {
		t.Errorf("there is no room again: %v", err)
	}
}
