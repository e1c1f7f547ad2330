package view

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
)

// machine is a machine of a cluster in a test.
type machine struct {
	*local.Local
	view     *View
	bus      *counted
	link     *clustertest.Connection
	commands *commands
}

// commands are those that a machine's supervisor was given.
type commands struct {
	mu   sync.Mutex
	list []string                  // guarded by mu
	does func(action procs.Action) // nil does nothing; guarded by mu
}

// does has a machine's supervisor do something at each command.
func (m *machine) does(do func(action procs.Action)) {
	m.commands.mu.Lock()
	defer m.commands.mu.Unlock()
	m.commands.does = do
}

func (c *commands) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// counted counts the requests that a machine sends.
type counted struct {
	cluster.Bus
	requests atomic.Int64
	after    atomic.Pointer[func(subject string)] // is called after each answer; nil does nothing
}

func (c *counted) Request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	c.requests.Add(1)
	answer, err := c.Bus.Request(ctx, subject, data)
	if after := c.after.Load(); after != nil && err == nil {
		(*after)(subject)
	}
	return answer, err
}

// pair runs machines a and b with an engine in memory until the test ends. The clock of b is
// ahead by so much, as far as a knows.
func pair(t *testing.T, ahead time.Duration) (a, b *machine) {
	t.Helper()
	engine := clustertest.NewMemory()
	a, b = newMachine(t, engine, "a", ahead), newMachine(t, engine, "b", -ahead)
	a.hears("b", platform.MachineUp)
	b.hears("a", platform.MachineUp)
	platformtest.Await(t, "each hears the other", func() bool {
		_, err1 := a.view.remote("b").Journal(t.Context(), time.Time{}, 1)
		_, err2 := b.view.remote("a").Journal(t.Context(), time.Time{}, 1)
		return err1 == nil && err2 == nil
	})
	a.bus.requests.Store(0)
	return a, b
}

func newMachine(t *testing.T, engine *clustertest.Memory, name string, ahead time.Duration) *machine {
	m := &machine{commands: &commands{}, link: engine.Open()}
	m.bus = &counted{Bus: m.link.Bus()}
	layout := platformtest.DefaultLayout(t)
	m.Local = local.NewWithSupervisor(layout, platformtest.Endpoints(), platformtest.Supervisor{OnCommand: func(process string, a procs.Action) error {
		m.commands.mu.Lock()
		m.commands.list = append(m.commands.list, a.String()+" "+process)
		does := m.commands.does
		m.commands.mu.Unlock()
		if does != nil {
			does(a)
		}
		return nil
	}})
	m.Update(func(now *model.Model) {
		now.Now.Machines = []platform.Machine{{Name: name, Own: true, State: platform.MachineUp}}
		other := map[string]string{"a": "b", "b": "a"}[name]
		now.Now.Machines[0].Links = []platform.MachineLink{{To: other, OffsetMS: float64(ahead.Milliseconds())}}
	})
	m.view = New(Options{Own: m.Local, Layout: layout, Machine: name, Bus: m.bus})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.view.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return m
}

// hears has a machine know another one in a state.
func (m *machine) hears(other string, state platform.MachineState) {
	m.Update(func(now *model.Model) {
		list := slices.DeleteFunc(slices.Clone(now.Now.Machines), func(o platform.Machine) bool { return o.Name == other })
		now.Now.Machines = append(list, platform.Machine{Name: other, State: state, Heard: time.Now().Add(-12 * time.Second)})
		now.Now.Version++
	})
}

func (m *machine) seen(t *testing.T) platform.Snapshot {
	t.Helper()
	s, err := m.view.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// awaitProcess waits until a process is as it should be in a machine's view.
func (m *machine) awaitProcess(t *testing.T, name, what string, is func(p platform.Process) bool) platform.Process {
	t.Helper()
	var got platform.Process
	platformtest.Await(t, name+" "+what, func() bool {
		p, known := m.seen(t).Process(name)
		got = p
		return known && is(p)
	})
	return got
}

func (m *machine) events(t *testing.T) []platform.Event {
	t.Helper()
	list, err := m.view.Journal(t.Context(), time.Time{}, platform.JournalMost)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func isReady(p platform.Process) bool { return p.State == platform.Ready && !p.Unheard }
