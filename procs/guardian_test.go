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

// awaitSwept waits until nothing of v is left, and fails if that takes too long.
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
		t.Errorf("got %v, want its death to touch no group", got)
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
		t.Fatalf("got %s, want the member of orphan, which no death reaches, to live", got)
	}
	next, err := New(Options{RunPath: v.run, LogPath: v.run})
	if err != nil {
		t.Fatal(err)
	}
	defer next.folder.Leave()
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
	first.folder.Leave()
	third, err := New(Options{RunPath: run, LogPath: run})
	if err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	third.folder.Leave()
}
