package fault

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
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

// The process that is the parent of the first one has the number that stands for none.
func TestAProcessThatDoesNotRunHasNoChildrenToKill(t *testing.T) {
	p := &fake{snapshot: twoPackagers()}
	p.snapshot.Processes = append(p.snapshot.Processes, platform.Process{Status: platform.Status{Name: "receiver"}, Role: layouts.Receiver})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	target := Target{Platform: p}
	if err := target.killChildOf(ctx, "receiver"); err == nil {
		t.Error("the children of a process that does not run were killed")
	}
	_, err := killReceiverChildren.Inject(t.Context(), Target{Platform: p, Signal: "live01"})
	if no := (*UnavailableError)(nil); err == nil || errors.As(err, &no) {
		t.Errorf("got %v, want that the receiver does not run", err)
	}
}
