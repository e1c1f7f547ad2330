package guardian

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/handover"
)

const (
	deadline = 30 * time.Second
	// strangerMode in the environment makes this binary a process that waits for KILL.
	strangerMode = "GUARDIAN_TEST_STRANGER"
)

func TestMain(m *testing.M) {
	if os.Getenv(strangerMode) != "" {
		for { // a process whose goroutines all wait for good would end
			time.Sleep(time.Hour)
		}
	}
	os.Exit(m.Run())
}

func awaitEmpty(t *testing.T, group int) {
	t.Helper()
	for end := time.Now().Add(deadline); !child.GroupEmpty(group); {
		if time.Now().After(end) {
			t.Fatalf("group %d lives after %s", group, deadline)
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}

// stranger is a process in a group of its own that bears a socket's name, or not.
func stranger(t *testing.T, socket string) (pid int, started string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: self, Env: []string{strangerMode + "=1", handover.SocketVariable + "=" + socket}, SysProcAttr: &syscall.SysProcAttr{Setpgid: true}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have been before
		_ = cmd.Wait()
	})
	started, ok := child.StartedAt(cmd.Process.Pid)
	if !ok {
		t.Fatal("it has ended")
	}
	return cmd.Process.Pid, started
}

func TestSweepKillsOnlyWhatTheRecordsMean(t *testing.T) {
	t.Parallel()
	run := t.TempDir()
	ours, theirs := filepath.Join(run, "x.1.sock"), filepath.Join(run, "y.1.sock")
	meant, meantStarted := stranger(t, ours)
	reused, _ := stranger(t, ours)
	other, otherStarted := stranger(t, theirs)
	write := func(name string, list ...record) {
		t.Helper()
		b, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(run, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("records.1", record{"x", reused, "1", ours, ""}, record{"x", other, otherStarted, ours, ""}, record{"zero", 0, "", ours, ""}, record{"one", 1, "", ours, ""})
	write("records.2", record{"gone", 1 << 30, "1", ours, ""}, record{"x", meant, meantStarted, ours, ""})
	for name, text := range map[string]string{"records.3": "{torn", "records.4.new": "[", "other": "stays"} {
		if err := os.WriteFile(filepath.Join(run, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	killed, err := SweepFolder(run)
	if killed != 1 || err == nil || !strings.Contains(err.Error(), "records.3") {
		t.Errorf("got %d, %v, want one group and an error about the torn file", killed, err)
	}
	awaitEmpty(t, meant)
	if child.GroupEmpty(reused) || child.GroupEmpty(other) {
		t.Error("another process with the same number was killed")
	}
	if left, err := os.ReadDir(run); err != nil || len(left) != 1 || left[0].Name() != "other" {
		t.Errorf("got %v, %v, want only what is not ours", left, err)
	}
}

func TestAliveIsTheRecordedGroup(t *testing.T) {
	rec := record{Process: "x", Group: 10, Started: "5", Socket: "/run/x.1.sock"}
	marked := func(pids ...int) func(int, string) bool {
		return func(pid int, variable string) bool {
			if variable != "SERVICE_SOCKET=/run/x.1.sock" {
				t.Errorf("asked for %q", variable)
			}
			for _, p := range pids {
				if p == pid {
					return true
				}
			}
			return false
		}
	}
	leader, again := child.Process{PID: 10, Group: 10, Started: "5"}, child.Process{PID: 10, Group: 10, Started: "6"}
	member := child.Process{PID: 11, Group: 10, Started: "7"}
	dead, deadAgain := leader, again
	dead.Zombie, deadAgain.Zombie = true, true
	for _, c := range []struct {
		name  string
		table []child.Process
		ours  []int
		want  bool
	}{
		{"the leader", []child.Process{leader}, []int{10}, true},
		{"an empty table", nil, nil, false},
		{"a zombie", []child.Process{dead}, []int{10}, false},
		{"a zombie leads a member", []child.Process{dead, member}, []int{11}, true},
		{"the leader has gone", []child.Process{member}, []int{11}, true},
		{"the leader has gone, and the group is another's", []child.Process{member}, nil, false},
		{"the number is another's", []child.Process{again}, nil, false},
		{"the number is a later incarnation's", []child.Process{again}, []int{10}, false},
		{"another's zombie leads", []child.Process{deadAgain, member}, []int{11}, false},
		{"another group", []child.Process{{PID: 12, Group: 12, Started: "5"}}, []int{12}, false},
	} {
		if got := alive(rec, c.table, marked(c.ours...)); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}
