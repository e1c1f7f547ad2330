package procs

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
)

// sweepTime is how soon after a supervisor's death nothing is left: a second,
// and more for a machine that is busy with other tests.
const sweepTime = 3 * time.Second

func newEnded() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx, cancel
}

// victim is a supervisor in a process of its own, to be killed.
type victim struct {
	*testing.T
	run      string
	cmd      *exec.Cmd
	statuses []Status
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{T: t, run: filepath.Join(folder(t), "run")}
	v.cmd = &exec.Cmd{Path: self(t), Args: []string{self(t)}, Env: append(os.Environ(), modeOf+"=supervisor", argOf+"="+v.run), Stderr: os.Stderr}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.kill()
		for _, s := range v.statuses {
			_ = syscall.Kill(-s.PID, syscall.SIGKILL) // a test has failed if it is there
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &v.statuses); err != nil || len(v.statuses) != 3 {
		t.Fatalf("got %s, %v", line, err)
	}
	return v
}

func (v *victim) kill() {
	_ = v.cmd.Process.Kill() // it may have been before
	_ = v.cmd.Wait()
}

// groups are those that live.
func (v *victim) groups() []string {
	var list []string
	for _, s := range v.statuses {
		if !child.GroupEmpty(s.PID) {
			list = append(list, s.Name)
		}
	}
	return list
}

func guardianOf(t *testing.T, run string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(run, "guardian.pid"))
	if err != nil {
		return 0
	}
	pid := 0
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// awaitSwept waits until nothing of v is left, and says how long it took.
func (v *victim) awaitSwept() {
	v.Helper()
	began := time.Now()
	awaitTrue(v, "no child is left", func() bool { return len(v.groups()) == 0 })
	took := time.Since(began)
	v.Logf("swept after %s", took)
	if took > sweepTime {
		v.Errorf("took %s, want at most %s", took, sweepTime)
	}
}

func TestTheGuardianSweepsWhatAKilledSupervisorLeaves(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	guardian := guardianOf(t, v.run)
	if got := v.groups(); len(got) != 3 {
		t.Fatalf("got %v, want three groups", got)
	}
	v.kill()
	v.awaitSwept()
	awaitTrue(t, "the guardian has gone", func() bool { return child.GroupEmpty(guardian) })
	if left, err := filepath.Glob(filepath.Join(v.run, "records*")); err != nil || len(left) > 0 {
		t.Errorf("records are left: %v %v", left, err)
	}
}

func TestAKilledGuardianIsReplacedAndKnowsTheGroups(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	first := guardianOf(t, v.run)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "another guardian", func() bool { return guardianOf(t, v.run) != first })
	if got := v.groups(); len(got) != 3 {
		t.Errorf("got %v, want its death to touch nobody", got)
	}
	v.kill()
	v.awaitSwept()
}

// stop stops the supervisor, and returns once each of its threads has stopped. A
// SIGSTOP alone has stopped nothing yet: it takes effect as the threads are scheduled.
func (v *victim) stop() {
	v.Helper()
	if err := v.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		v.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(v.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		v.Fatalf("got %#x, %v, want a supervisor that is stopped", uint32(status), err)
	}
}

// leaders are the children themselves that live, without what they have started.
func (v *victim) leaders() []string {
	var list []string
	for _, s := range v.statuses {
		members, err := child.Members(s.PID)
		if err != nil || slices.ContainsFunc(members, func(p child.Process) bool { return p.PID == s.PID && !p.Zombie }) {
			list = append(list, s.Name)
		}
	}
	return list
}

func TestTheNextStartSweepsWhenBothWereKilled(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	guardian := guardianOf(t, v.run)
	v.stop() // so that it cannot start another guardian
	if err := syscall.Kill(guardian, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "the guardian has gone", func() bool { return child.GroupEmpty(guardian) })
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	started, _ := child.StartedAt(v.cmd.Process.Pid) // a zombie has one too: like a busy parent, we have not waited for it
	awaitTrue(t, "the supervisor has ended", func() bool { return !child.Lives(v.cmd.Process.Pid, started) })
	if runtime.GOOS == "linux" {
		awaitTrue(t, "the kernel takes the leaders", func() bool { return len(v.leaders()) == 0 })
	}
	if got := fmt.Sprint(v.groups()); !strings.Contains(got, "orphan") {
		t.Fatalf("got %s, want the member of orphan, which nobody told of a death, to live", got)
	}
	next, err := New(Options{RunPath: v.run, LogPath: v.run})
	if err != nil {
		t.Fatal(err)
	}
	defer next.place.leave()
	v.awaitSwept()
}

func TestAGuardianThatHangsDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *house, o *Options) { o.Self = self(t) }, spec(t, "proxy", "ready"))
	h.awaitReady("proxy")
	guardian := 0
	awaitTrue(t, "a guardian", func() bool { guardian = guardianOf(t, h.run); return guardian > 0 })
	if err := syscall.Kill(guardian, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	h.stop()
	if h.err != nil || !child.GroupEmpty(guardian) {
		t.Errorf("got %v, guardian gone: %t", h.err, child.GroupEmpty(guardian))
	}
}

func TestACleanEndTakesTheGuardianAlong(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(_ *house, o *Options) { o.Self = self(t) }, spec(t, "proxy", "ready"))
	h.awaitReady("proxy")
	guardian := 0
	awaitTrue(t, "a guardian", func() bool { guardian = guardianOf(t, h.run); return guardian > 0 })
	if group, err := syscall.Getpgid(guardian); err != nil || group != guardian {
		t.Errorf("got group %d, %v, want its own, %d", group, err, guardian)
	}
	h.stop()
	if h.err != nil || !child.GroupEmpty(guardian) {
		t.Errorf("got %v, guardian gone: %t", h.err, child.GroupEmpty(guardian))
	}
}

// stranger is a process in a group of its own that bears a socket's name, or not.
func stranger(t *testing.T, socket string) (pid int, started string) {
	t.Helper()
	cmd := &exec.Cmd{Path: self(t), Env: []string{modeOf + "=member", socketVariable + "=" + socket}, SysProcAttr: &syscall.SysProcAttr{Setpgid: true}}
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
	run := folder(t)
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
	killed, err := sweepFolder(run)
	if killed != 1 || err == nil || !strings.Contains(err.Error(), "records.3") {
		t.Errorf("got %d, %v, want one group and to be told of the torn file", killed, err)
	}
	awaitTrue(t, "what was meant is gone", func() bool { return child.GroupEmpty(meant) })
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
		{"nobody", nil, nil, false},
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

func TestASecondInstanceIsRefused(t *testing.T) {
	run := filepath.Join(folder(t), "run")
	first, err := New(Options{RunPath: run, LogPath: run})
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(Options{RunPath: run, LogPath: run})
	if !errors.Is(err, ErrAlreadyRunning) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d,", os.Getpid())) {
		t.Errorf("got %v, want %v with our pid", err, ErrAlreadyRunning)
	}
	first.place.leave()
	third, err := New(Options{RunPath: run, LogPath: run})
	if err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	third.place.leave()
}

func TestRunPathMustBeOurs(t *testing.T) {
	root := folder(t)
	at := func(name string) string { return filepath.Join(root, name) }
	make := func(name string, mode os.FileMode, inside ...string) string {
		t.Helper()
		if err := os.Mkdir(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range inside {
			if err := os.WriteFile(filepath.Join(at(name), file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(at(name), mode); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	if err := os.WriteFile(at("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(make("target", 0o700), at("link")); err != nil {
		t.Fatal(err)
	}
	foreign := "/"
	if os.Getuid() == 0 {
		foreign = make("foreign", 0o700)
		if err := os.Chown(foreign, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	const belongs = "a folder that belongs to this user"
	for _, c := range []struct {
		name, path, want string
	}{
		{"not there", at("new/er"), ""},
		{"closed", make("closed", 0o700), ""},
		{"closed, with files", make("full", 0o700, "x"), ""},
		{"open and empty", make("empty", 0o755), ""},
		{"open and ours", make("ours", 0o755, "lock", "x.log"), ""},
		{"open, with files", make("home", 0o755, "x"), "holds more than ours"},
		{"everyone's", make("tmp", 0o777|os.ModeSticky), "holds more than ours"},
		{"a file", at("file"), "RUN_PATH="},
		{"a link", at("link"), belongs},
		{"another's", foreign, belongs},
	} {
		err := ownFolder(c.path)
		if got := fmt.Sprint(err); (err == nil) != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		info, statErr := os.Stat(c.path)
		if err == nil && (statErr != nil || info.Mode().Perm() != 0o700) {
			t.Errorf("%s: got %v, %v, want it closed to others", c.name, info.Mode(), statErr)
		}
		if c.want == "holds more than ours" && info.Mode().Perm() == 0o700 {
			t.Errorf("%s: it was closed to others", c.name)
		}
	}
	long := strings.Repeat("x", 90)
	if _, err := New(Options{RunPath: at(long), Specs: []Spec{{Name: "proxy", Argv: []string{"/bin/true"}}}}); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v, want to be told that it is too long", err)
	}
}
