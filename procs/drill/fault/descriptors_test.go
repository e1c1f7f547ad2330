package fault

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

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
