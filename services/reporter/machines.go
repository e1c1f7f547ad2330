package reporter

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
)

// machines is what a reporter of a cluster does besides: it passes what it is told to the
// reporters of other machines, takes what they are told, and keeps the table in the Store.
// Its own answers never wait for that.
type machines struct {
	s  *Service
	me string
	// open returns the engine.
	open func() (store.Engine, error)
	bus  atomic.Pointer[cluster.Bus] // nil before run
	wake chan struct{}               // holds one token while the Store may have to be written

	mu    sync.Mutex
	heard map[string]time.Time // the last report of each other machine; guarded by mu
	homes map[string]string    // the machine of each packager, by base URL; guarded by mu
	kept  kept                 // guarded by mu
}

func newMachines(s *Service, k service.Kit) *machines {
	c := s.config.Bus
	return &machines{
		s: s, me: c.Machine, wake: make(chan struct{}, 1), heard: map[string]time.Time{}, homes: map[string]string{},
		open: func() (store.Engine, error) { return kv.Dial(c, k.Name, k.Log) },
	}
}

// run works until ctx is cancelled.
func (m *machines) run(ctx context.Context) {
	engine, err := m.open()
	if err != nil { // the table of this machine does not need it
		m.s.log.Warn("the other machines are not heard", "reason", err.Error())
		return
	}
	defer func() { _ = engine.Close() }() // nothing is lost by it
	b := engine.Bus()
	m.bus.Store(&b)
	if err := b.Subscribe(ctx, cluster.SubjectIngest+"*", m.take); err != nil {
		m.s.log.Warn("the reports of other machines are not heard", "reason", err.Error())
	}
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { m.watch(ctx, engine.Store(), cluster.KeyService+"packager.", m.takeHomes) })
	group.Go(func() { m.watch(ctx, engine.Store(), cluster.KeyIngest, m.takeKept) })
	m.keep(ctx, engine.Store())
}

// watch takes what is under a prefix until ctx is cancelled.
func (m *machines) watch(ctx context.Context, from cluster.Reader, prefix string, take func(cluster.Update)) {
	for u := range from.Watch(ctx, prefix) {
		m.mu.Lock()
		take(u)
		m.mu.Unlock()
		m.wakeUp()
	}
}

func (m *machines) wakeUp() {
	select {
	case m.wake <- struct{}{}:
	default: // it is awake already
	}
}

// pass tells the other machines what this one was told. It does not block.
func (m *machines) pass(in report.IngestReport) {
	m.wakeUp()
	b := m.bus.Load()
	if b == nil {
		return
	}
	data, err := json.Marshal(in)
	if err != nil {
		return // cannot happen: it came as JSON
	}
	// An error means that no engine is reached: the others know by their own discovery.
	_ = (*b).Publish(cluster.SubjectIngest+m.me, data)
}

// take takes what another machine was told.
func (m *machines) take(msg cluster.Msg) {
	machine := cluster.LastWord(msg.Subject)
	var in report.IngestReport
	if machine == m.me || !cluster.IsMachine(machine) || json.Unmarshal(msg.Data, &in) != nil {
		return
	}
	s := m.s
	for i, signal := range in.Signals { // its list of packagers may be another for a moment
		in.Signals[i].Packagers = slices.DeleteFunc(signal.Packagers, func(p report.PackagerStatus) bool { return !slices.Contains(s.config.Packagers, p.URL) })
	}
	s.mu.Lock()
	s.forget()
	err := s.table.takeFrom(machine, in, s.now())
	s.mu.Unlock()
	if err != nil {
		s.reports.WithLabelValues("refused").Inc()
		return
	}
	s.reports.WithLabelValues("heard").Inc()
	m.mu.Lock()
	m.heard[machine] = s.now()
	m.mu.Unlock()
	m.wakeUp()
}

// takeHomes takes which packagers are on which machines. Needs mu.
func (m *machines) takeHomes(u cluster.Update) {
	if u.Stale != nil {
		return
	}
	if u.Snapshot {
		clear(m.homes)
	}
	for _, e := range u.Entries {
		var i cluster.Instance
		if !e.Deleted && json.Unmarshal(e.Value, &i) == nil {
			m.homes[i.URL] = i.Machine
		}
	}
}

// isKeeper reports whether this machine keeps what is known of a packager in the Store: the
// machine that the packager is on does, and the first by name where that one is silent. Needs
// mu.
func (m *machines) isKeeper(packager string, now time.Time) bool {
	home := m.homes[packager]
	if home == m.me {
		return true
	}
	first := m.me
	for machine, at := range m.heard {
		switch {
		case now.Sub(at) >= silence:
		case machine == home:
			return false
		case machine < first:
			first = machine
		}
	}
	return first == m.me
}
