package origin

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/kit/service"
)

const (
	// gossipEvery is how often the origins tell each other the pins that they know.
	gossipEvery = 2 * time.Second
	// writeEvery is how often the Store is compared with what is known here at least, writeAgain
	// how long after a failure it is written again, writeLimit how long one write may take.
	writeEvery = time.Second
	writeAgain = time.Second
	writeLimit = 2 * time.Second
	// storeHeader of the answer to a command says why the Store does not have it yet.
	storeHeader = "X-Cluster-Store"
)

// machines is what an origin of a cluster does besides: it passes the commands of operators to
// the origins of other machines, by the Bus at once and by the Store for good, and carries out
// theirs. Its own answers never wait for that.
type machines struct {
	s  *Service
	me string
	// open returns the engine.
	open func() (store.Engine, error)
	wake chan struct{} // holds one token while there is something to tell

	mu     sync.Mutex
	engine store.Engine         // nil before run; guarded by mu
	kept   map[string]keptPin   // what the Store has, by signal; nil while that is not known; guarded by mu
	homes  map[string]string    // the machine of each packager, by base URL; guarded by mu
	drains map[string]time.Time // when each machine began to be drained; guarded by mu
}

// keptPin is a pin in the Store.
type keptPin struct {
	cluster.Pin
	rev cluster.Rev
}

func newMachines(s *Service, k service.Kit) *machines {
	c := s.config.Bus
	return &machines{
		s: s, me: c.Machine, wake: make(chan struct{}, 1), homes: map[string]string{}, drains: map[string]time.Time{},
		open: func() (store.Engine, error) { return kv.Dial(c, k.Name, k.Log) },
	}
}

// intend notes a command for the other machines. Needs mu.
func (s *Service) intend(wants map[string]string, held bool) []cluster.Pin {
	if s.machines == nil {
		return nil
	}
	return s.memory.intend(wants, held, "an operator at machine "+s.machines.me, s.now())
}

// pass passes a command to the other machines, and says in the answer where that cannot be
// relied on.
func (s *Service) pass(w http.ResponseWriter, pins []cluster.Pin) {
	if s.machines == nil || len(pins) == 0 {
		return
	}
	if err := s.machines.tell(pins); err != nil {
		w.Header().Set(storeHeader, "later: "+err.Error())
		s.log.Warn("the command counts here, the store of the cluster gets it later", "reason", err.Error())
	}
}

// tell tells the other machines of pins. It does not wait; the error says why the Store gets
// them later.
func (m *machines) tell(pins []cluster.Pin) error {
	if m == nil || len(pins) == 0 {
		return nil
	}
	m.mu.Lock()
	engine := m.engine
	m.mu.Unlock()
	m.wakeUp()
	if engine == nil {
		return cluster.ErrUnavailable
	}
	m.gossip(engine.Bus(), pins)
	return engine.Health()
}

func (m *machines) wakeUp() {
	select {
	case m.wake <- struct{}{}:
	default: // it is awake already
	}
}

// gossip publishes pins. Where no engine is reached they are told later.
func (m *machines) gossip(b cluster.Bus, pins []cluster.Pin) {
	if data, err := json.Marshal(pins); err == nil && len(pins) > 0 {
		_ = b.Publish(cluster.SubjectPin+m.me, data)
	}
}

// known are the pins that are known here, by signal.
func (m *machines) known() []cluster.Pin {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	var list []cluster.Pin
	for _, name := range slices.Sorted(maps.Keys(m.s.memory.pins)) {
		list = append(list, m.s.memory.pins[name].Pin)
	}
	return list
}

// run works until ctx is cancelled.
func (m *machines) run(ctx context.Context) {
	engine, err := m.open()
	if err != nil { // the preference of this machine does not need it
		m.s.log.Warn("the other machines are not reached", "reason", err.Error())
		return
	}
	defer func() { _ = engine.Close() }() // nothing is lost by it
	m.mu.Lock()
	m.engine = engine
	m.mu.Unlock()
	if err := engine.Bus().Subscribe(ctx, cluster.SubjectPin+"*", m.hear); err != nil {
		m.s.log.Warn("the commands of other machines are not heard", "reason", err.Error())
	}
	var group sync.WaitGroup
	defer group.Wait()
	for prefix, take := range map[string]func(cluster.Update){
		cluster.KeyPin: m.takePins, cluster.KeyDrain: m.takeDrains, cluster.KeyService + "packager.": m.takeHomes,
	} {
		group.Go(func() {
			for u := range engine.Store().Watch(ctx, prefix) {
				take(u)
			}
		})
	}
	group.Go(func() { m.write(ctx, engine.Store()) })
	tick := time.NewTicker(gossipEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.gossip(engine.Bus(), m.known())
		}
	}
}

// hear takes the pins that another machine knows.
func (m *machines) hear(msg cluster.Msg) {
	var pins []cluster.Pin
	if cluster.LastWord(msg.Subject) == m.me || json.Unmarshal(msg.Data, &pins) != nil {
		return
	}
	for _, p := range pins {
		m.carryOut(p)
	}
}

// carryOut takes a pin of another machine.
func (m *machines) carryOut(p cluster.Pin) {
	s := m.s
	s.mu.Lock()
	moves, news := s.memory.takePin(p, s.now())
	s.mu.Unlock()
	if news {
		s.log.Info("command of another machine", "signal", p.Signal, "packager", p.Packager, "held", p.Held, "by", p.By)
		m.wakeUp()
	}
	s.noteMoves(moves)
}

// takePins takes the pins that are in the Store.
func (m *machines) takePins(u cluster.Update) {
	if u.Stale != nil {
		return
	}
	m.mu.Lock()
	if u.Snapshot || m.kept == nil {
		m.kept = map[string]keptPin{}
	}
	var pins []cluster.Pin
	for _, e := range u.Entries {
		p := keptPin{rev: e.Rev}
		signal := cluster.LastWord(e.Key)
		if e.Deleted || json.Unmarshal(e.Value, &p.Pin) != nil || p.Signal != signal {
			delete(m.kept, signal)
			continue
		}
		m.kept[signal] = p
		pins = append(pins, p.Pin)
	}
	m.mu.Unlock()
	for _, p := range pins {
		m.carryOut(p)
	}
	m.wakeUp()
}

// takeDrains takes which machines are drained.
func (m *machines) takeDrains(u cluster.Update) {
	if u.Stale != nil {
		return
	}
	m.mu.Lock()
	if u.Snapshot {
		clear(m.drains)
	}
	for _, e := range u.Entries {
		var i cluster.Intent
		if machine := cluster.LastWord(e.Key); e.Deleted || json.Unmarshal(e.Value, &i) != nil {
			delete(m.drains, machine)
		} else {
			m.drains[machine] = i.At
		}
	}
	m.mu.Unlock()
	m.drain()
}

// takeHomes takes which packagers are on which machines.
func (m *machines) takeHomes(u cluster.Update) {
	if u.Stale != nil {
		return
	}
	m.mu.Lock()
	if u.Snapshot {
		clear(m.homes)
	}
	for _, e := range u.Entries {
		var i cluster.Instance
		if !e.Deleted && json.Unmarshal(e.Value, &i) == nil {
			m.homes[i.URL] = i.Machine
		}
	}
	m.mu.Unlock()
	m.drain()
}

// drain has the packagers of machines that are drained left.
func (m *machines) drain() {
	m.mu.Lock()
	began := map[string]time.Time{}
	for packager, machine := range m.homes {
		if at, drained := m.drains[machine]; drained {
			began[packager] = at
		}
	}
	m.mu.Unlock()
	m.s.mu.Lock()
	m.s.memory.drain(began)
	m.s.mu.Unlock()
}

// write writes to the Store the pins that it lacks, until ctx is cancelled.
func (m *machines) write(ctx context.Context, to store.Store) {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-tick.C:
		}
		for _, p := range m.lacking() {
			if m.writeOne(ctx, to, p) != nil { // no quorum, or another write came first
				select {
				case <-ctx.Done():
				case <-time.After(writeAgain):
				}
				break
			}
		}
	}
}

// lacking are the pins that the Store is known to lack, with the revision that it has instead.
func (m *machines) lacking() []keptPin {
	known := m.known()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		return nil
	}
	var list []keptPin
	for _, p := range known {
		if old, is := m.kept[p.Signal]; !is || later(p, old.Pin) {
			list = append(list, keptPin{p, old.rev})
		}
	}
	return list
}

func (m *machines) writeOne(ctx context.Context, to store.Store, p keptPin) error {
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	value, err := json.Marshal(p.Pin)
	if err != nil {
		return err
	}
	rev, err := to.Put(ctx, cluster.KeyPin+p.Signal, value, &p.rev)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept != nil {
		m.kept[p.Signal] = keptPin{p.Pin, rev}
	}
	return nil
}
