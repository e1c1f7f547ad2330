package clustertest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/engine"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

// Engines are the engines of a cluster, embedded in the test's process. They are on loopback,
// without keys and certificates. Not safe for concurrent use.
type Engines struct {
	nodes []*node
}

// node is the engine of a machine.
type node struct {
	config  engine.Config
	service *engine.Service // the last one
	stop    func()          // nil while it does not run
}

// StartEngines starts n engines, 1 or 3, on free ports, and returns once they answer. They end
// with the test.
func StartEngines(t *testing.T, n int) *Engines {
	t.Helper()
	e := &Engines{}
	for _, c := range EngineConfigs(t, n) {
		e.nodes = append(e.nodes, &node{config: c})
	}
	t.Cleanup(e.stopAll)
	for i := range e.nodes {
		e.Start(t, i)
	}
	e.AwaitQuorum(t)
	return e
}

// EngineConfigs returns the settings of n engines on free ports, with folders of their own.
func EngineConfigs(t *testing.T, n int) []engine.Config {
	t.Helper()
	address := loopback()
	ports := freePorts(t, address, 2*n)
	var peers engine.Peers
	list := make([]engine.Config, n)
	for i := range list {
		c := &list[i]
		c.ControlBindAddress, c.State, c.Machine = address, t.TempDir(), string(rune('a'+i))
		c.Port, c.RoutePort = ports[2*i], ports[2*i+1]
		peers = append(peers, engine.Peer{Machine: c.Machine, Address: fmt.Sprintf("%s:%d", address, c.RoutePort)})
	}
	if n > 1 {
		for i := range list {
			list[i].Peers = peers
		}
	}
	return list
}

// loopback returns an address of loopback that no other test is likely to have: on Linux any
// of 127/8.
func loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	return fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250))
}

func freePorts(t *testing.T, address string, n int) []service.Port {
	t.Helper()
	list := make([]service.Port, n)
	for i := range list {
		l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // after all have a port
		list[i] = service.Port(l.Addr().(*net.TCPAddr).Port)
	}
	return list
}

// Start starts an engine that does not run.
func (e *Engines) Start(t *testing.T, i int) {
	t.Helper()
	n := e.nodes[i]
	if n.stop != nil {
		return
	}
	s, err := engine.New(n.config, service.NewKit("engine", service.Common{LogLevel: "error"}, nil, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("engine %s: %v", n.config.Machine, err)
		}
	})
	n.service, n.stop = s, func() {
		cancel()
		running.Wait()
	}
}

// Stop stops an engine.
func (e *Engines) Stop(i int) {
	if stop := e.nodes[i].stop; stop != nil {
		stop()
		e.nodes[i].stop = nil
	}
}

// Wipe removes what an engine keeps on disk. It must not run.
func (e *Engines) Wipe(t *testing.T, i int) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(e.nodes[i].config.State, "engine")); err != nil {
		t.Fatal(err)
	}
}

func (e *Engines) stopAll() {
	var stopping sync.WaitGroup
	for i := range e.nodes {
		stopping.Go(func() { e.Stop(i) })
	}
	stopping.Wait()
}

// StopAll stops every engine, and StartAll starts them again.
func (e *Engines) StopAll() { e.stopAll() }

// StartAll starts every engine that does not run, and returns once they have a quorum.
func (e *Engines) StartAll(t *testing.T) {
	t.Helper()
	for i := range e.nodes {
		e.Start(t, i)
	}
	e.AwaitQuorum(t)
}

// WipeAll stops every engine, removes what they keep, and starts them again.
func (e *Engines) WipeAll(t *testing.T) {
	t.Helper()
	e.stopAll()
	for i := range e.nodes {
		e.Wipe(t, i)
	}
	e.StartAll(t)
}

// AwaitQuorum waits until all engines that run are ready.
func (e *Engines) AwaitQuorum(t *testing.T) {
	t.Helper()
	servicetest.Await(t, "the engines are ready", func() bool {
		return !slices.ContainsFunc(e.nodes, func(n *node) bool {
			if n.stop == nil {
				return false
			}
			ok, _ := n.service.Ready()
			return !ok
		})
	})
}

// Leader waits until one engine that runs leads the Store, and returns which.
func (e *Engines) Leader(t *testing.T) int {
	t.Helper()
	leader := -1
	servicetest.Await(t, "one engine leads", func() bool {
		leader = slices.IndexFunc(e.nodes, func(n *node) bool {
			return n.stop != nil && n.service.Status().State == cluster.EngineLeader
		})
		return leader >= 0
	})
	return leader
}

// Status is what an engine says of itself.
func (e *Engines) Status(i int) engine.Status { return e.nodes[i].service.Status() }

// Config returns the settings of a service of machine a that reaches the engines, first that
// with the number first.
func (e *Engines) Config(first int) bus.Config {
	c := bus.Config{Machine: "a"}
	for i := range e.nodes {
		n := e.nodes[(first+i)%len(e.nodes)]
		c.Engines = append(c.Engines, fmt.Sprintf("nats://%s:%d", n.config.ControlBindAddress, n.config.Port))
	}
	c.EngineURL = strings.Join(c.Engines, ",")
	return c
}

// Dial returns a connection to the engines, which ends with the test.
func (e *Engines) Dial(t *testing.T, first int) *bus.Conn {
	t.Helper()
	conn, err := bus.Dial(e.Config(first), cmp.Or(t.Name(), "test"), hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // it has no error
	return conn
}

// Open returns the engine over a connection of its own, which ends with the test.
func (e *Engines) Open(t *testing.T, first int) store.Engine {
	t.Helper()
	k := kv.Open(e.Dial(t, first), 0)
	t.Cleanup(func() { _ = k.Close() }) // it has no error
	return k
}
