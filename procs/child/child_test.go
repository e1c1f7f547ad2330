package child

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const deadline = 20 * time.Second

// script runs a shell script: tests may, supervision may not.
func script(t *testing.T, s *Spawner, text string, change func(o *Options)) (*Child, io.Reader) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	o := Options{Argv: []string{sh, "-c", text}, Env: []string{"PATH=" + os.Getenv("PATH")}, Stdout: w}
	if change != nil {
		change(&o)
	}
	c, err := s.Start(o)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return c, r
}

func awaitDone(t *testing.T, c *Child) Exit {
	t.Helper()
	select {
	case <-c.Done():
		return c.Exit()
	case <-time.After(deadline):
		_ = c.Signal(syscall.SIGKILL)
		t.Fatalf("%d did not end within %s", c.PID(), deadline)
		return Exit{}
	}
}

func TestExitIsInWords(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	for text, want := range map[string]string{"exit 0": "exit status 0", "exit 78": "exit status 78", "kill -KILL $$": "signal: killed", "kill -TERM $$": "signal: terminated"} {
		c, _ := script(t, s, text, nil)
		if got := awaitDone(t, c).String(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestStdinIsEmptyAndTheEnvironmentIsOnlyWhatIsGiven(t *testing.T) {
	t.Setenv("NOT_FOR_CHILDREN", "1")
	s := NewSpawner()
	defer s.Close()
	c, out := script(t, s, `cat; echo "[$GIVEN$NOT_FOR_CHILDREN]"`, func(o *Options) { o.Env = append(o.Env, "GIVEN=yes") })
	awaitDone(t, c)
	if b, err := io.ReadAll(out); err != nil || string(b) != "[yes]\n" {
		t.Errorf("got %q, %v, want only the variable that was given", b, err)
	}
}

func TestASignalReachesTheWholeGroup(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	c, out := script(t, s, "sleep 1000 & sleep 1000 & echo up; wait", nil)
	if b := make([]byte, 3); readFull(t, out, b) != "up\n" {
		t.Fatalf("got %q", b)
	}
	if list, err := Members(c.PID()); err != nil || len(list) < 2 {
		t.Errorf("got %v, %v, want a group of several", list, err)
	}
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitDone(t, c)
	awaitTrue(t, "an empty group", func() bool { return GroupEmpty(c.PID()) })
	if err := c.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("a group that has gone: got %v, want no error", err)
	}
}

func TestAGroupOutlivesItsLeader(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	c, _ := script(t, s, "sleep 1000 & exit 3", nil)
	if got := awaitDone(t, c); got.Code != 3 {
		t.Errorf("got %s", got)
	}
	if GroupEmpty(c.PID()) {
		t.Error("the group is not empty: its leader alone has gone")
	}
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "an empty group", func() bool { return GroupEmpty(c.PID()) })
}

func TestAZombieLeavesItsGroupEmpty(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sleep, "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if GroupEmpty(cmd.Process.Pid) {
		t.Error("a group that lives is not empty")
	}
	started, ok := StartedAt(cmd.Process.Pid)
	if !ok || !Lives(cmd.Process.Pid, started) || Lives(cmd.Process.Pid, started+"0") {
		t.Errorf("got a start at %q, %t, want one, and only it to live", started, ok)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "a zombie to be looked past", func() bool { return GroupEmpty(cmd.Process.Pid) })
	if again, _ := StartedAt(cmd.Process.Pid); again != started || Lives(cmd.Process.Pid, started) {
		t.Errorf("got a start at %q, want %q of one that does not live", again, started)
	}
	if list, err := Members(cmd.Process.Pid); err != nil || len(list) != 1 || !list[0].Zombie {
		t.Errorf("got %v, %v, want the zombie", list, err)
	}
	_ = cmd.Wait() // killed
}

func TestSameGroupIsOursAndSignalledAlone(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	c, out := script(t, s, "echo up; exec sleep 1000", func(o *Options) { o.SameGroup = true })
	if b := make([]byte, 3); readFull(t, out, b) != "up\n" {
		t.Fatalf("got %q", b)
	}
	if group, err := syscall.Getpgid(c.PID()); err != nil || group != syscall.Getpgrp() {
		t.Errorf("got group %d, %v, want ours, %d", group, err, syscall.Getpgrp())
	}
	if err := c.Signal(syscall.SIGTERM); err != nil { // were it the group, this test would end here
		t.Fatal(err)
	}
	if got := awaitDone(t, c); got.Signal != syscall.SIGTERM {
		t.Errorf("got %s", got)
	}
	if err := c.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("one that has gone: got %v, want no error", err)
	}
}

func TestAStartThatFailsNamesTheCommand(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	if _, err := s.Start(Options{Argv: []string{"/not/there"}}); err == nil || !strings.Contains(err.Error(), "start /not/there: ") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Start(Options{}); err == nil {
		t.Error("an empty command: got no error")
	}
}

func readFull(t *testing.T, r io.Reader, b []byte) string {
	t.Helper()
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func awaitTrue(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, deadline)
		}
		time.Sleep(5 * time.Millisecond) // between two looks at the condition
	}
}
