package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/test/harness"
	"livestream-tui/test/network"
)

// The ports that every machine has.
const (
	reporterPort = 2000
	originPort   = 8001
	proxyPort    = 8002
)

// packagerPorts are those of server1 and server2.
var packagerPorts = []int{8080, 9090}

// machine is a host that runs the platform.
type machine struct {
	t    *testing.T
	name string
	host *network.Host
	// between leads to the other machines, home to the players.
	between, home *network.Link
	// env are its settings, args follow the binary.
	env    map[string]string
	args   []string
	binary string

	cmd  *exec.Cmd
	says *harness.Buffer
	over chan struct{} // closed when cmd has ended
}

// start starts the platform. It must not run.
func (m *machine) start() {
	m.t.Helper()
	cmd := exec.Command(m.binary, append([]string{"--headless", "--json"}, m.args...)...)
	cmd.Env = m.environment()
	m.says, m.over = new(harness.Buffer), make(chan struct{})
	cmd.Stdout, cmd.Stderr = m.says, m.says
	cmd.WaitDelay = 5 * time.Second // a child of its own may hold the pipe
	m.cmd = m.host.Put(cmd)
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	over := m.over
	go func() {
		_ = cmd.Wait() // it is killed, or ended as it was asked to
		close(over)
	}()
}

// run runs one command of livestream-tui on the machine, and returns what it says.
func (m *machine) run(input string, args ...string) (string, error) {
	cmd := exec.Command(m.binary, args...)
	cmd.Env = m.environment()
	cmd.Stdin = strings.NewReader(input)
	said, err := m.host.Put(cmd).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %v: %w: %s", m.name, args, err, said)
	}
	return string(said), err
}

func (m *machine) environment() []string {
	list := os.Environ()
	for variable, value := range m.env {
		list = append(list, variable+"="+value)
	}
	return list
}

// end ends the platform in order, and kills what is left.
func (m *machine) end() {
	if m.cmd == nil {
		return
	}
	m.signal(syscall.SIGCONT)
	_ = m.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-m.over:
	case <-time.After(30 * time.Second):
		m.t.Errorf("%s has not ended", m.name)
	}
	m.kill()
}

// kill kills every process of the machine, and returns when there is none.
func (m *machine) kill() {
	m.t.Helper()
	harness.Await(m.t, time.Minute, m.name+" is dead", func() error {
		m.signal(syscall.SIGKILL)
		left, err := m.host.PIDs()
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("left: %v", left)
		}
		return err
	})
	<-m.over
}

// signal sends a signal to every process of the machine.
func (m *machine) signal(s syscall.Signal) {
	m.t.Helper()
	if err := m.host.Signal(s); err != nil {
		m.t.Fatal(err)
	}
}

// cut cuts the machine off from everything; join undoes it.
func (m *machine) cut() {
	m.between.Cut()
	m.home.Cut()
}

func (m *machine) join() {
	m.between.Join()
	m.home.Join()
}

// packagers are the base URLs of its packagers.
func (m *machine) packagers() []string {
	var list []string
	for _, port := range packagerPorts {
		list = append(list, m.between.URL(port))
	}
	return list
}

// process is the name of the process at a base URL of this machine.
func (m *machine) process(base string) (name string, ours bool) {
	for i, own := range m.packagers() {
		if own == base {
			return fmt.Sprint("server", i+1), true
		}
	}
	return "", false
}

// playlist is where its proxy serves a signal.
func (m *machine) playlist() string { return m.proxy() + "/" + film + "/playlist.m3u8" }

func (m *machine) proxy() string { return m.between.URL(proxyPort) }

// ask calls do with the machine's platform, over its socket.
func (m *machine) ask(do func(ctx context.Context, p *api.Remote) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	p, err := api.Dial(ctx, platform.SocketPath(m.env["RUN_PATH"]))
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	defer p.Close()
	if err := do(ctx, p); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

// snapshot is the machine's view of the platform.
func (m *machine) snapshot() (s platform.Snapshot, err error) {
	err = m.ask(func(ctx context.Context, p *api.Remote) (err error) {
		s, err = p.Snapshot(ctx)
		return err
	})
	return s, err
}

// command gives the machine a command on one of its processes.
func (m *machine) command(process string, a platform.Action) error {
	return m.ask(func(ctx context.Context, p *api.Remote) error {
		return p.Command(ctx, platform.Command{Process: process, Action: a, By: platform.Actor{Via: platform.ViaDrill}})
	})
}

// killProcess kills one process of the machine with -9.
func (m *machine) killProcess(name string) error { return m.signalProcess(name, syscall.SIGKILL) }

// signalProcess sends a signal to one process of the machine.
func (m *machine) signalProcess(name string, s syscall.Signal) error {
	now, err := m.snapshot()
	if err != nil {
		return err
	}
	p, found := now.Process(name)
	if !found || p.PID == 0 {
		return fmt.Errorf("%s runs no %s", m.name, name)
	}
	return syscall.Kill(p.PID, s)
}

// ready is nil when every process of the machine is ready.
func (m *machine) ready() error {
	s, err := m.snapshot()
	if err != nil {
		return err
	}
	for _, p := range s.Processes {
		if p.State != procs.Ready && (p.Machine == "" || p.Machine == m.name) {
			return fmt.Errorf("%s: %s is %s: %s", m.name, p.Name, p.State, p.Reason)
		}
	}
	return nil
}

// wipe removes what the engine has stored. It must not run.
func (m *machine) wipe() error {
	folder := filepath.Join(m.env["STATE_PATH"], "engine")
	if _, err := os.Stat(folder); err != nil {
		return err
	}
	return os.RemoveAll(folder)
}

// logged is the end of what it said, without the changes of state.
func (m *machine) logged() string {
	if m.says == nil {
		return "not started"
	}
	var lines []string
	for line := range strings.Lines(m.says.String()) {
		if !strings.Contains(line, `"status":{`) {
			lines = append(lines, line[:min(len(line), 400)])
		}
	}
	return strings.Join(lines[max(0, len(lines)-40):], "")
}

var errNoLeader = errors.New("no engine leads")
