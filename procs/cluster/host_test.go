package cluster

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/event"
)

// fakePlatform is a platform whose processes do as they are told.
type fakePlatform struct {
	mu       sync.Mutex
	snapshot platform.Snapshot
	layout   layouts.Layout
	restarts []string // "why: affected"
	said     []string
	events   chan platform.Event
	fails    error // of Reconfigure
}

func (f *fakePlatform) Now() platform.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.snapshot
	s.Processes = slices.Clone(s.Processes)
	return s
}

func (f *fakePlatform) Subscribe(context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	return f.Now(), f.events, nil
}

func (f *fakePlatform) Reconfigure(_ context.Context, l layouts.Layout, affected []string, why string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.layout = l
	f.restarts = append(f.restarts, why+": "+strings.Join(affected, " "))
	return f.fails
}

func (f *fakePlatform) OwnStop(_ context.Context, process string, stop bool, why string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, process+" "+why)
	for i := range f.snapshot.Processes {
		if p := &f.snapshot.Processes[i]; p.Name == process {
			p.Wanted, p.State = !stop, platform.Ready
			if stop {
				p.State = platform.Exited
			}
		}
	}
	return nil
}

func (f *fakePlatform) Announce(_ event.Level, _, message string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, message)
}

// Stopping is never closed: what it does is said by the snapshot.
func (f *fakePlatform) Stopping() <-chan struct{} { return nil }

func (f *fakePlatform) SetMachines(list []platform.Machine) {
	f.change(func(s *platform.Snapshot) { s.Machines = list })
}

func (f *fakePlatform) change(do func(s *platform.Snapshot)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(&f.snapshot)
}

// heardSay reports whether the platform has announced something that begins so.
func (f *fakePlatform) heardSay(prefix string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.said, func(s string) bool { return strings.HasPrefix(s, prefix) })
}

// environment returns a variable of a process as last given.
func (f *fakePlatform) environment(process, variable string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.layout.Processes {
		if p.Name == process {
			return p.Environment[variable]
		}
	}
	return ""
}

// host is a machine of a test.
type host struct {
	*testing.T
	*Agent
	options  local.Options
	platform *fakePlatform
	conn     *clustertest.Connection
	end      func()
}

// prepare returns the agent of a machine with a state folder, which does not run yet.
func prepare(t *testing.T, name, address, token, state string) *host {
	t.Helper()
	layout, err := layouts.Load("cluster")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{T: t, options: local.Options{Layout: layout, Env: map[string]string{"STATE_PATH": state, "MACHINE": name, "CLUSTER_ADDRESS": address, "CLUSTER_TOKEN": token}}}
	if h.Agent, err = Prepare(&h.options, "v1"); err != nil {
		t.Fatal(err)
	}
	h.platform = &fakePlatform{layout: h.options.Layout, events: make(chan platform.Event)}
	for _, p := range h.options.Layout.Processes {
		v := platform.Process{Role: p.Role(), Machine: name, Status: platform.Status{Name: p.Name, State: platform.Ready, Wanted: true}}
		h.platform.snapshot.Processes = append(h.platform.snapshot.Processes, v)
	}
	return h
}

// run runs the agent on an engine until the test or end ends it.
func (h *host) run(engine *clustertest.Memory) *host {
	h.conn = engine.Open()
	h.dial = func([]string, hclog.Logger) (store.Engine, error) { return h.conn, nil }
	ctx, cancel := context.WithCancel(h.Context())
	events := h.platform.events
	stop := context.AfterFunc(ctx, func() { close(events) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Agent.Run(ctx, h.platform, hclog.NewNullLogger())
	}()
	h.end = func() { cancel(); stop(); <-done }
	h.Cleanup(h.end)
	return h
}

func (h *host) await(what string, holds func() bool) {
	h.Helper()
	platformtest.Await(h.T, what, holds)
}

// awaitPackagers waits until the proxy's packagers are those of these machines.
func (h *host) awaitPackagers(addresses ...string) {
	h.Helper()
	var want []string
	for _, a := range addresses {
		want = append(want, "http://"+a+":8080", "http://"+a+":9090")
	}
	h.await("the packagers of "+strings.Join(addresses, ", "), func() bool {
		return h.platform.environment("proxy", "PACKAGERS") == strings.Join(want, ",")
	})
}

const addressA, addressB, addressC = "127.0.0.2", "127.0.0.3", "127.0.0.4"

// three returns three machines of one cluster that are running, and the engine.
func three(t *testing.T) (a, b, c *host, engine *clustertest.Memory) {
	t.Helper()
	engine = clustertest.NewMemory()
	a = prepare(t, "a", addressA, "", t.TempDir()).run(engine)
	b = prepare(t, "b", addressB, a.token(), t.TempDir()).run(engine)
	a.awaitPackagers(addressA, addressB)
	c = prepare(t, "c", addressC, b.token(), t.TempDir()).run(engine)
	for _, h := range []*host{a, b, c} {
		h.awaitPackagers(addressA, addressB, addressC)
		h.await("every machine is heard", func() bool {
			return !slices.ContainsFunc(h.Machines(), func(m platform.Machine) bool { return m.State != platform.MachineUp })
		})
	}
	return a, b, c, engine
}

func (h *host) token() string {
	h.Helper()
	token, err := h.id.Token(false)
	if err != nil {
		h.Fatal(err)
	}
	return token
}
