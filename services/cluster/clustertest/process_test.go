package clustertest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/engine"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

// childVariable has this test's binary run an engine in place of tests.
const childVariable = "TEST_RUNS_AN_ENGINE"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := runChild(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runChild runs an engine by the settings of the environment, and writes its state to standard
// output when that changes.
func runChild() error {
	env := service.OSEnvironment()
	c, err := engine.ConfigFromEnv(env)
	if err != nil {
		return err
	}
	s, err := engine.New(c, service.NewKit("engine", service.Common{LogLevel: "error"}, env, os.Stderr))
	if err != nil {
		return err
	}
	go func() { // ends with the process
		var last cluster.EngineState
		for range time.Tick(20 * time.Millisecond) {
			if state := s.Status().State; state != last {
				fmt.Println(state)
				last = state
			}
		}
	}()
	return s.Run(context.Background())
}

// process is an engine as a process of its own, which can be killed and stopped.
type process struct {
	config engine.Config
	cmd    *exec.Cmd
	state  atomic.Value // cluster.EngineState
	ended  chan struct{}
}

// start starts an engine, which ends with the test.
func start(t testing.TB, c engine.Config) *process {
	t.Helper()
	p := &process{config: c, cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	p.state.Store(cluster.EngineNone)
	p.cmd.Env = append(os.Environ(), childVariable+"=1", "HOME="+c.State, "STATE_PATH="+c.State, "MACHINE="+c.Machine,
		"CONTROL_BIND_ADDRESS="+c.ControlBindAddress, "ENGINE_PEERS="+c.Peers.String(),
		"ENGINE_PORT="+strconv.Itoa(int(c.Port)), "ENGINE_ROUTE_PORT="+strconv.Itoa(int(c.RoutePort)))
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.state.Store(cluster.EngineState(lines.Text()))
		}
		_ = p.cmd.Wait() // it was killed
	}()
	t.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (p *process) is(s cluster.EngineState) bool { return p.state.Load() == s }

// startThree starts three engines, and returns once two follow one.
func startThree(t testing.TB, list []engine.Config) []*process {
	t.Helper()
	var all []*process
	for _, c := range list {
		all = append(all, start(t, c))
	}
	awaitTB(t, "one engine leads", func() bool {
		leaders, followers := 0, 0
		for _, p := range all {
			if p.is(cluster.EngineLeader) {
				leaders++
			}
			if p.is(cluster.EngineFollower) {
				followers++
			}
		}
		return leaders == 1 && followers == len(all)-1
	})
	return all
}

func awaitTB(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(servicetest.Patience); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// leaderFirst returns the engines with the one that leads the Store first.
func leaderFirst(t testing.TB, all []*process) []*process {
	t.Helper()
	list := append([]*process(nil), all...)
	awaitTB(t, "one engine leads", func() bool {
		for i, p := range all {
			if p.is(cluster.EngineLeader) {
				list[0], list[i] = list[i], list[0]
				return true
			}
		}
		return false
	})
	return list
}

// reaching returns the settings of a service that reaches these engines, in that order.
func reaching(list ...*process) bus.Config {
	c := bus.Config{Machine: "a"}
	for _, p := range list {
		c.Engines = append(c.Engines, fmt.Sprintf("nats://%s:%d", p.config.ControlBindAddress, p.config.Port))
	}
	c.EngineURL = strings.Join(c.Engines, ",")
	return c
}
