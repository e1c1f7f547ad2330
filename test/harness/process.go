package harness

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Buffer takes what a process says and can be read while the process speaks. Safe for
// concurrent use.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Serve starts a process with a group of its own and kills the group when the test
// ends. If the test fails, its output is logged.
func Serve(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	says := new(Buffer)
	cmd.Stdout, cmd.Stderr = says, says
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second // where a child of its own has left the group
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		KillGroup(cmd)
		_ = cmd.Wait() // by the signal
		if text := says.String(); t.Failed() && text != "" {
			t.Logf("%s says:\n%s", filepath.Base(cmd.Path), text[max(0, len(text)-4000):])
		}
	})
}

// KillGroup kills a process that Serve started, with all of its group.
func KillGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
}

// NginxUser is a directive that lets the workers of a root's nginx read root's folders.
func NginxUser() string {
	if os.Geteuid() != 0 {
		return ""
	}
	return "user root;"
}

// Children are the live direct children of a process.
func Children(t *testing.T, pid int) []int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "pid=,stat=", "--ppid", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil // ps fails when there are none
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) == 2 && !strings.HasPrefix(f[1], "Z") {
			child, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatalf("ps says %q", line)
			}
			pids = append(pids, child)
		}
	}
	return pids
}

// With are the live processes that have a setting in their environment, other than
// this one. It is an error where there is no /proc. Zombies have no environment.
func With(setting string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err == nil && bytes.Contains(environ, []byte(setting)) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// CommandLine is the command line of a process, empty when it has gone.
func CommandLine(pid int) string {
	argv, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may have gone
	return string(bytes.ReplaceAll(argv, []byte{0}, []byte{' '}))
}
