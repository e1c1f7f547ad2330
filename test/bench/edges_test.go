//go:build linux

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/test/harness"
)

// hub is an engine alone, a process of its own.
type hub struct {
	t        *testing.T
	port     int
	settings []string
	secured  bool
	identity identity.Identity

	cmd *exec.Cmd
}

// newHub starts an engine; secured has TLS and keys, as between machines.
func newHub(t *testing.T, secured bool) *hub {
	t.Helper()
	root := harness.Folder(t)
	ports := harness.Ports(t, 2)
	h := &hub{t: t, port: ports[0], secured: secured}
	h.settings = append(os.Environ(), "MACHINE=a", "ENGINE_PORT="+strconv.Itoa(ports[0]), "ENGINE_ROUTE_PORT="+strconv.Itoa(ports[1]), "LOG_LEVEL=error",
		"STATE_PATH="+filepath.Join(root, "state"), "RUN_PATH="+filepath.Join(root, "run"))
	if secured {
		own, err := identity.Create(filepath.Join(root, "cluster"), "a", "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		h.identity = own
		h.settings = append(h.settings, "ENGINE_CERT="+own.CertPath(), "ENGINE_CERT_KEY="+own.CertKeyPath(), "ENGINE_CA="+own.CAPath(),
			"ENGINE_KEY="+own.MachineKeyPath(), "ENGINE_EDGE_KEY="+own.EdgeKeyPath())
	}
	h.start()
	t.Cleanup(h.kill)
	return h
}

func (h *hub) start() {
	path := os.Getenv("BIN") // as in the tests of upstreams
	if path == "" {
		path = harness.Binary(h.t)
	}
	h.cmd = exec.Command(path, "engine")
	h.cmd.Env = h.settings
	h.cmd.Stderr = os.Stderr
	if err := h.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
}

// kill ends the engine as a power cut does.
func (h *hub) kill() {
	_ = h.cmd.Process.Kill() // it may have ended
	_ = h.cmd.Wait()         // by the signal
}

// pids is the engine, for what it uses.
func (h *hub) pids() []int { return []int{h.cmd.Process.Pid} }

// dial connects with the engine; an edge has the key of edges.
func (h *hub) dial(name string, edge bool) *bus.Conn {
	h.t.Helper()
	address := fmt.Sprintf("nats://127.0.0.1:%d", h.port)
	c := bus.Config{EngineURL: address, Engines: []string{address}, Machine: name}
	if h.secured {
		c.EngineCA, c.EngineKey = h.identity.CAPath(), h.identity.MachineKeyPath()
		if edge {
			c.EngineKey = h.identity.EdgeKeyPath()
		}
	}
	conn, err := bus.Dial(c, name, hclog.NewNullLogger())
	if err != nil {
		h.t.Fatal(err)
	}
	return conn
}

// edges are connections that each hear every frontier.
type edges struct {
	conns []*bus.Conn
	heard atomic.Int64

	mu    sync.Mutex
	sent  map[uint64]time.Time // by Frontier.Seq; guarded by mu
	times map[uint64]int       // how often each was heard; guarded by mu
	waits []float64            // in ms; guarded by mu
}

// connectEdges starts n of them, and returns once each one is connected.
func connectEdges(t *testing.T, h *hub, n int) *edges {
	t.Helper()
	e := &edges{sent: map[uint64]time.Time{}, times: map[uint64]int{}}
	ctx, leave := context.WithCancel(context.Background())
	for i := range n {
		c := h.dial(fmt.Sprint("edge-", i), true)
		if err := c.Subscribe(ctx, cluster.SubjectFrontier+">", e.take); err != nil {
			t.Fatal(err)
		}
		e.conns = append(e.conns, c)
	}
	t.Cleanup(func() {
		leave()
		var work sync.WaitGroup
		for _, c := range e.conns {
			work.Go(func() { _ = c.Close() }) // the engine may be gone
		}
		work.Wait()
	})
	harness.Await(t, 2*time.Minute, "every edge is connected", e.connected)
	return e
}

func (e *edges) connected() error {
	for i, c := range e.conns {
		if !c.Connected() {
			return fmt.Errorf("edge %d of %d is not", i, len(e.conns))
		}
	}
	return nil
}

var sequence = []byte(`"seq":`)

// take notes how long a message took. It reads no more than the number of the message: a
// thousand edges decode on a thousand machines, and not on this one.
func (e *edges) take(m cluster.Msg) {
	now := time.Now()
	_, rest, _ := bytes.Cut(m.Data, sequence)
	end := bytes.IndexByte(rest, ',')
	seq, err := strconv.ParseUint(string(rest[:max(end, 0)]), 10, 64)
	if err != nil {
		return
	}
	e.heard.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.times[seq]++
	if at, known := e.sent[seq]; known {
		e.waits = append(e.waits, float64(now.Sub(at).Microseconds())/1000)
	}
}

// count is how many edges have heard a message.
func (e *edges) count(seq uint64) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.times[seq]
}

// publish sends a frontier, and remembers when.
func (e *edges) publish(t *testing.T, from *bus.Conn, seq uint64, signals []string) (size int) {
	t.Helper()
	f := cluster.Frontier{Packager: "http://10.203.1.11:8080", Run: "b5f1c09a", Seq: seq, Newest: map[string]int64{}}
	for _, s := range signals {
		f.Newest[s] = 898_000_000 + int64(seq)
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	e.sent[seq] = time.Now()
	e.mu.Unlock()
	if err := from.Publish(cluster.SubjectFrontier+"10-203-1-11-8080", b); err != nil {
		t.Log(err) // it counts as lost
	}
	return len(b)
}
