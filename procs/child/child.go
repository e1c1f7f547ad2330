package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Options say what to run.
type Options struct {
	// Argv is the command; Argv[0] is a path. Never a shell.
	Argv []string
	// Env is the whole environment, KEY=VALUE; nil means an empty one.
	Env []string
	// Dir is the working directory; empty for ours.
	Dir string
	// Stdin, Stdout and Stderr are the child's own; nil means /dev/null.
	Stdin, Stdout, Stderr *os.File
	// Extra are the child's from descriptor 3 on.
	Extra []*os.File
	// SameGroup keeps the child in our process group, for a child of a child
	// that its supervisor ends by the group; otherwise it leads its own.
	SameGroup bool
	// Survives lets the child outlive us; otherwise it gets SIGKILL when we die
	// (Linux only; elsewhere the supervisor's guardian sees to it).
	Survives bool
}

// Exit is how a process ended.
type Exit struct {
	// Code is the exit status, -1 after a signal.
	Code int
	// Signal is what ended it, 0 after an exit.
	Signal syscall.Signal
}

// String returns the exit in words: "exit status 1", "signal: killed".
func (e Exit) String() string {
	if e.Signal != 0 {
		return "signal: " + e.Signal.String()
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

// Child is a started process. Safe for concurrent use.
type Child struct {
	pid  int
	own  bool // leads a group of its own
	done chan struct{}
	exit Exit // written before done is closed
}

// PID is its process id, also its group's unless it was started in ours.
func (c *Child) PID() int { return c.pid }

// Done is closed once the process itself has ended; others of its group may live.
func (c *Child) Done() <-chan struct{} { return c.done }

// Exit is how it ended; call it only after Done.
func (c *Child) Exit() Exit { return c.exit }

// Signal sends s to the child's whole group, or to the child alone if it lives
// in ours. A group that has gone is no error.
func (c *Child) Signal(s syscall.Signal) error {
	target := c.pid
	if c.own {
		target = -c.pid
	} else {
		select {
		case <-c.done:
			return nil
		default:
		}
	}
	err := syscall.Kill(target, s)
	if errors.Is(err, syscall.EPERM) && c.own && GroupEmpty(c.pid) {
		return nil // what macOS answers for a group of zombies
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s to %d: %w", s, target, err)
	}
	return nil
}

// Spawner starts children. They ask the kernel to be killed when their parent
// dies, and to the kernel the parent is the thread that forked: so one thread,
// which lives as long as the Spawner, starts them all. Safe for concurrent use.
type Spawner struct {
	requests chan request
	waits    sync.WaitGroup
	closing  sync.Once
	ended    chan struct{}
}

type request struct {
	options Options
	answer  chan result
}

type result struct {
	child *Child
	err   error
}

// NewSpawner returns a Spawner; end it with Close.
func NewSpawner() *Spawner {
	s := &Spawner{requests: make(chan request), ended: make(chan struct{})}
	go s.loop()
	return s
}

func (s *Spawner) loop() {
	defer close(s.ended)
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	for r := range s.requests {
		c, err := s.start(r.options)
		r.answer <- result{c, err}
	}
}

// Start starts a child. The error names the command.
func (s *Spawner) Start(o Options) (*Child, error) {
	answer := make(chan result, 1)
	s.requests <- request{o, answer}
	r := <-answer
	return r.child, r.err
}

// Close waits for every child to end and then ends the Spawner. No Start may
// come after it.
func (s *Spawner) Close() {
	s.closing.Do(func() {
		s.waits.Wait()
		close(s.requests)
	})
	<-s.ended
}

func (s *Spawner) start(o Options) (*Child, error) {
	if len(o.Argv) == 0 {
		return nil, errors.New("start: empty command")
	}
	cmd := &exec.Cmd{Path: o.Argv[0], Args: o.Argv, Env: o.Env, Dir: o.Dir, SysProcAttr: attributes(!o.SameGroup, !o.Survives)}
	if o.Env == nil {
		cmd.Env = []string{}
	}
	// A nil *os.File in an interface is not nil: set only what is there.
	if o.Stdin != nil {
		cmd.Stdin = o.Stdin
	}
	if o.Stdout != nil {
		cmd.Stdout = o.Stdout
	}
	if o.Stderr != nil {
		cmd.Stderr = o.Stderr
	}
	cmd.ExtraFiles = o.Extra
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Argv[0], err)
	}
	c := &Child{pid: cmd.Process.Pid, own: !o.SameGroup, done: make(chan struct{})}
	s.waits.Go(func() {
		_ = cmd.Wait() // how it ended stands in ProcessState
		c.exit = exitOf(cmd.ProcessState)
		close(c.done)
	})
	return c, nil
}

func exitOf(state *os.ProcessState) Exit {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return Exit{Code: -1, Signal: status.Signal()}
	}
	return Exit{Code: state.ExitCode()}
}
