package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/platform"
)

// Every is the processes of the default layout.
var Every = []string{"worker", "server1", "server2", "reporter", "discovery", "origin", "proxy", "viewer"}

// Platform is one running `livestream-tui --headless --json` on ports and in folders
// of its own.
type Platform struct {
	// Env are its settings.
	Env map[string]string

	t      *testing.T
	cmd    *exec.Cmd
	stderr Buffer
	exited chan struct{}
	err    error // of Wait; read after exited

	mu       sync.Mutex
	statuses map[string]platform.Status // guarded by mu
	lines    []string                   // guarded by mu
}

// Launch starts a platform and stops it when the test ends.
func Launch(t *testing.T, env map[string]string, args ...string) *Platform {
	t.Helper()
	return LaunchBinary(t, Binary(t), env, args...)
}

// LaunchBinary is Launch with a binary of the test's own.
func LaunchBinary(t *testing.T, path string, env map[string]string, args ...string) *Platform {
	t.Helper()
	p := &Platform{Env: env, t: t, exited: make(chan struct{}), statuses: map[string]platform.Status{}}
	p.cmd = Command(t, env, append([]string{"--headless", "--json"}, args...)...)
	p.cmd.Path, p.cmd.Args[0] = path, path
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.read(out)
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.Signal(syscall.SIGCONT)
		p.Signal(syscall.SIGTERM)
		p.AwaitExit(30 * time.Second)
		if t.Failed() {
			p.Dump()
		}
	})
	return p
}

// read follows the event lines.
func (p *Platform) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e platform.Event
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Status() != nil {
			p.statuses[e.Status().Name] = *e.Status()
		}
		p.mu.Unlock()
	}
}

// Dump logs the last events and what the supervisor said on standard error.
func (p *Platform) Dump() {
	lines := p.Logged()
	p.t.Logf("last events:\n%s\nstandard error:\n%s", strings.Join(lines[max(0, len(lines)-60):], "\n"), p.Stderr())
}

// Logged are the event lines so far.
func (p *Platform) Logged() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// Stderr is what the supervisor said on standard error so far.
func (p *Platform) Stderr() string { return p.stderr.String() }

// Status is what the last event said of a process.
func (p *Platform) Status(name string) platform.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statuses[name]
}

// PID is the supervisor's.
func (p *Platform) PID() int { return p.cmd.Process.Pid }

// Signal sends a signal to the supervisor, unless it has ended.
func (p *Platform) Signal(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s) // it may have ended
}

// AwaitExit waits until the supervisor has ended, and kills it after limit.
func (p *Platform) AwaitExit(limit time.Duration) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(limit):
		p.Dump()
		_ = p.cmd.Process.Kill() // the test has failed; nothing else is to be done
		p.t.Fatalf("the platform did not end within %s", limit)
	}
}

// ExitStatus is the supervisor's, which it waits for.
func (p *Platform) ExitStatus() int {
	<-p.exited
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// Base is http://127.0.0.1:PORT of the variable that names the port.
func (p *Platform) Base(variable string) string { return "http://127.0.0.1:" + p.Env[variable] }

// SignalURL is where the proxy serves the playlist of a signal.
func (p *Platform) SignalURL(signal string) string {
	return p.Base("PROXY_PORT") + "/" + signal + "/playlist.m3u8"
}

// PlaylistURL is where the proxy serves the film's playlist.
func (p *Platform) PlaylistURL() string { return p.SignalURL("live01") }

// Members are the live processes whose environment names this platform's run folder:
// its children and theirs, wherever they hang. The supervisor is left out.
func (p *Platform) Members() []int {
	pids, err := With("RUN_PATH=" + p.Env["RUN_PATH"])
	if err != nil {
		p.t.Skipf("no /proc here: %v", err)
	}
	return slices.DeleteFunc(pids, func(pid int) bool { return pid == p.PID() })
}

// Ctl runs livestream-tui ctl, as an operator does, and returns what it says.
func (p *Platform) Ctl(args ...string) string {
	p.t.Helper()
	out, err := Command(p.t, p.Env, append([]string{"ctl"}, args...)...).CombinedOutput()
	if err != nil {
		p.Dump()
		p.t.Fatalf("ctl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
