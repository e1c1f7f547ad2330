package fault

import (
	"os"
	"os/exec"
	"slices"
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
