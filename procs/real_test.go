package procs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/service"
)

const (
	deadline  = 30 * time.Second
	modeOf    = "PROCS_TEST_MODE"
	argOf     = "PROCS_TEST_ARG"
	floodSize = 50 << 20
	hasty     = "GORACE=atexit_sleep_ms=0" // the race detector holds up an exit for a second
)

// TestMain lets this binary be the children, the guardian and the killed
// supervisor of its own tests.
func TestMain(m *testing.M) {
	switch mode := os.Getenv(modeOf); {
	case len(os.Args) > 2 && os.Args[1] == GuardianCommand:
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
		note := filepath.Join(filepath.Dir(os.Args[2]), "guardian.pid")
		if os.WriteFile(note+".new", fmt.Append(nil, os.Getpid()), 0o600) != nil || os.Rename(note+".new", note) != nil {
			os.Exit(1)
		}
		if _, err := Guard(os.Stdin, os.Args[2]); err != nil {
			os.Exit(1)
		}
	case mode == "supervisor":
		os.Exit(supervise())
	case mode != "":
		os.Exit(behave(mode))
	default:
		os.Exit(m.Run())
	}
}

// behave is a child of a test.
func behave(mode string) int {
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, syscall.SIGTERM)
	switch mode {
	case "bad":
		return configuration
	case "last-words":
		fmt.Print("panic: last words, without an end")
		return 1
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "member":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("member", os.Getpid())
		select {}
	case "slow-member":
		fmt.Println("member", os.Getpid())
		<-terms
		time.Sleep(400 * time.Millisecond) // what takes a group longer than its leader
		fmt.Println("member ended well")
		return 0
	case "orphan", "slow-orphan":
		member := &exec.Cmd{Path: os.Args[0], Args: os.Args[:1], Stdout: os.Stdout, Env: append(os.Environ(), modeOf+"=member")}
		if mode == "slow-orphan" {
			member.Env = append(member.Env, modeOf+"=slow-member")
		}
		if member.Start() != nil {
			return 1
		}
	case "stdin":
		b, err := io.ReadAll(os.Stdin)
		fmt.Printf("stdin: %q %v\n", b, err)
	case "long-line":
		fmt.Println(strings.Repeat("x", 5*lineMost))
		fmt.Println("after the long line")
	case "flood":
		line := append(bytes.Repeat([]byte("x"), 1023), '\n')
		for range floodSize / len(line) {
			if _, err := os.Stdout.Write(line); err != nil {
				return 1
			}
		}
	}
	end := func() {}
	unready := ""
	switch mode {
	case "unready":
		unready = "no film\nand more"
	case "held-once": // the first is ready, the next never
		if f, err := os.OpenFile(filepath.Join(os.Getenv(argOf), "once"), os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			unready = "not twice"
		} else {
			f.Close()
		}
		if !strings.Contains(strings.Join(os.Environ(), "\n"), readyWait) != (unready == "") {
			return 1 // only who starts beside another is told to wait
		}
		fallthrough
	case "held":
		var err error
		if unready == "" {
			end, err = answerHeld()
		}
		if err != nil {
			fmt.Println(err)
			return 1
		}
	}
	l, err := service.Connections(service.OSEnvironment())
	if mode == "by-path" { // as an earlier version does
		_ = os.Remove(os.Getenv(socketVariable)) // the supervisor's
		l, err = net.Listen("unix", os.Getenv(socketVariable))
	}
	if err != nil || l == nil {
		fmt.Println(err)
		return 1
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // ends with the process
			ready := "ready"
			if unready != "" && r.URL.Path == "/readyz" {
				w.WriteHeader(http.StatusServiceUnavailable)
				ready = unready
			}
			_, _ = io.WriteString(w, ready)
		}))
	}()
	<-terms
	if mode == "lingering" {
		time.Sleep(300 * time.Millisecond) // long enough for all of its level to be told
	}
	end()
	fmt.Println("ended well")
	return 0
}

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

// house is a supervisor of real children, with all that it told.
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
		for _, s := range h.told() {
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

func (h *house) told() []Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.history)
}

// index is where in the history the first status is that fits, or -1.
func (h *house) index(fits func(Status) bool) int { return slices.IndexFunc(h.told(), fits) }

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

// member is the pid that a child of mode orphan told.
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

// supervise is a supervisor to be killed: it prints its statuses once all are
// ready and its guardian is there.
func supervise() int {
	run := os.Getenv(argOf)
	path, err := os.Executable()
	if err != nil {
		return 1
	}
	var specs []Spec
	for _, mode := range []string{"ready", "stubborn", "orphan"} {
		specs = append(specs, Spec{Name: mode, Argv: []string{path}, Env: []string{modeOf + "=" + mode, hasty}})
	}
	s, err := New(Options{Specs: specs, RunPath: run, LogPath: filepath.Join(run, "logs"), Self: path})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		for {
			list := s.Statuses()
			_, err := os.Stat(filepath.Join(run, "guardian.pid"))
			if err == nil && !slices.ContainsFunc(list, func(s Status) bool { return s.State != Ready }) {
				_ = json.NewEncoder(os.Stdout).Encode(list) // the test misses it
				return
			}
			time.Sleep(10 * time.Millisecond) // between two looks
		}
	}()
	if err := s.Run(context.Background()); err != nil {
		return 1
	}
	return 0
}
