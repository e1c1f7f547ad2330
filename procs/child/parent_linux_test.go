package child

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// modeOf in the environment makes this binary a process of its own tests.
	modeOf = "CHILD_TEST_MODE"
	// mark stands in the environment of a parent and of all its children.
	mark = "CHILD_TEST_MARK"
)

func TestMain(m *testing.M) {
	switch os.Getenv(modeOf) {
	case "parent":
		os.Exit(startForEver())
	case "first thread ends":
		endFirstThread()
	}
	os.Exit(m.Run())
}

// endFirstThread ends the thread that the process began with, and lives on by another.
func endFirstThread() {
	go func() {
		for { // a process whose goroutines all wait for good would end
			time.Sleep(time.Hour)
		}
	}()
	for {
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() {
			_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0) // does not return
		}
		runtime.UnlockOSThread()
		time.Sleep(time.Millisecond) // another thread may go on with this
	}
}

// startForEver starts children one after the other until it is killed, so that a kill
// finds it at any point of a start.
func startForEver() int {
	s := NewSpawner()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		return 1
	}
	fmt.Println("up")
	for {
		c, err := s.Start(Options{Argv: []string{sleep, "1000"}, Env: []string{mark + "=" + os.Getenv(mark)}})
		if err != nil {
			return 1
		}
		if c.PID()%3 == 0 { // some end before, so that they are not too many
			_ = c.Signal(9)
		}
	}
}

// marked are the living processes that bear the mark: between fork and exec a child
// still has its parent's environment.
func marked(t *testing.T, variable string) []int {
	t.Helper()
	dir, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for _, entry := range dir {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && HasVariable(pid, variable) {
			list = append(list, pid)
		}
	}
	return list
}

// A child gets no signal when its parent dies between the fork and the
// child's request for one (PR_SET_PDEATHSIG, prctl(2)): the child must then look for
// its parent by itself, which package syscall has it do.
func TestNoChildOutlivesAParentThatIsKilledAsItStartsThem(t *testing.T) {
	if _, err := exec.LookPath("sleep"); err != nil {
		t.Fatal(err)
	}
	variable := fmt.Sprintf("%s=%d", mark, os.Getpid())
	t.Cleanup(func() {
		for _, pid := range marked(t, variable) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // the test has failed
		}
	})
	for range 10 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), modeOf+"=parent", variable)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Errorf("got %q, %v, want a parent that is up", line, err)
		}
		time.Sleep(rand.N(20 * time.Millisecond)) // any point of a start is as good
		_ = cmd.Process.Kill()                    // it runs until then
		_ = cmd.Wait()                            // killed
		awaitTrue(t, "no child is left", func() bool { return len(marked(t, variable)) == 0 })
	}
}

func TestAProcessLivesAsLongAsOneOfItsThreads(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	c, err := s.Start(Options{Argv: []string{os.Args[0]}, Env: []string{modeOf + "=first thread ends"}})
	if err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "the first thread has ended", func() bool {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.PID()))
		return err == nil && strings.Contains(string(b), ") Z ")
	})
	if GroupEmpty(c.PID()) {
		t.Error("got an empty group, want one in which a thread lives")
	}
	if err := c.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitDone(t, c)
	awaitTrue(t, "an empty group", func() bool { return GroupEmpty(c.PID()) })
}
