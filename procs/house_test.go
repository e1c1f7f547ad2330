package procs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
)

const (
	deadline  = 30 * time.Second
	modeOf    = "PROCS_TEST_MODE"
	argOf     = "PROCS_TEST_ARG"
	floodSize = 50 << 20
	hasty     = "GORACE=atexit_sleep_ms=0" // the race detector holds up an exit for a second
)

func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// spec is a process of this binary in a mode of behave.
func spec(t testing.TB, name, mode string, depends ...string) Spec {
	t.Helper()
	return Spec{Name: name, Argv: []string{self(t)}, Env: []string{modeOf + "=" + mode, hasty}, DependsOn: depends}
}

// folder is a short one: the path of a socket has a limit.
func folder(t testing.TB) string {
	t.Helper()
	path, err := os.MkdirTemp("", "procs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

// house is a supervisor of real children, with all that it reported.
type house struct {
	*testing.T
	*Supervisor
	run  string
	end  context.CancelFunc
	done chan struct{} // closed when Run has returned err
	err  error

	mu      sync.Mutex
	history []Status
	lines   []string // "process: line"
}

// newHouse makes a supervisor; change may replace any option.
func newHouse(t *testing.T, change func(h *house, o *Options), specs ...Spec) *house {
	t.Helper()
	root := folder(t)
	h := &house{T: t, run: filepath.Join(root, "run"), done: make(chan struct{})}
	o := Options{Specs: specs, RunPath: h.run, LogPath: filepath.Join(root, "logs"), OnLine: h.onLine, OnStatus: h.onStatus}
	if change != nil {
		change(h, &o)
	}
	var err error
	if h.Supervisor, err = New(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.end = cancel
	go func() {
		defer close(h.done)
		h.err = h.Supervisor.Run(ctx)
	}()
	t.Cleanup(func() {
		h.stop()
		for _, s := range h.reported() {
			if s.PID > 0 && !child.GroupEmpty(s.PID) {
				t.Errorf("%s: its group %d has outlived Run", s.Name, s.PID)
				_ = syscall.Kill(-s.PID, syscall.SIGKILL)
			}
		}
	})
	return h
}

func (h *house) onLine(process string, line []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, process+": "+string(line))
}

func (h *house) onStatus(s Status) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.history = append(h.history, s)
}

// stop ends the supervisor and waits for it.
func (h *house) stop() {
	h.Helper()
	h.end()
	select {
	case <-h.done:
	case <-time.After(deadline):
		h.Fatalf("Run did not return within %s: %+v", deadline, h.Statuses())
	}
}

func (h *house) reported() []Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.history)
}

// index is where in the history the first status is that fits, or -1.
func (h *house) index(fits func(Status) bool) int { return slices.IndexFunc(h.reported(), fits) }

func (h *house) said(line string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.lines, line)
}

func (h *house) status(name string) Status {
	h.Helper()
	for _, s := range h.Statuses() {
		if s.Name == name {
			return s
		}
	}
	h.Fatalf("no process %s", name)
	return Status{}
}

// await waits until name's status fits, and returns it.
func (h *house) await(name, what string, fits func(Status) bool) Status {
	h.Helper()
	awaitTrue(h, fmt.Sprintf("%s %s", name, what), func() bool { return fits(h.status(name)) })
	return h.status(name)
}

func (h *house) awaitReady(name string) Status {
	h.Helper()
	return h.await(name, "ready", func(s Status) bool { return s.State == Ready })
}

// awaitBack waits for a later incarnation to be ready.
func (h *house) awaitBack(before Status) Status {
	h.Helper()
	return h.await(before.Name, "back", func(s Status) bool { return s.State == Ready && s.Incarnation > before.Incarnation })
}

func (h *house) command(name string, a Action) {
	h.Helper()
	if err := h.Command(h.Context(), name, a); err != nil {
		h.Fatal(err)
	}
}

// member is the pid that a child of mode orphan printed.
func (h *house) member(name string) int {
	h.Helper()
	pid := 0
	awaitTrue(h, name+"'s member", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, l := range h.lines {
			if n, _ := fmt.Sscanf(l, name+": member %d", &pid); n == 1 {
				return true
			}
		}
		return false
	})
	return pid
}

func awaitTrue(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, deadline)
		}
		time.Sleep(5 * time.Millisecond) // between two looks at the condition
	}
}

func state(name string, st State) func(Status) bool {
	return func(s Status) bool { return s.Name == name && s.State == st }
}
