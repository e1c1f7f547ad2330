package clustertest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/store"
)

// Memory is an engine in memory, with its Store and its Bus. Safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	entries map[string]cluster.Entry // guarded by mu
	rev     cluster.Rev              // of the last write; guarded by mu
	feeds   map[*feed]struct{}       // guarded by mu
	subs    []*subscription          // in the order in which they came; guarded by mu
	noStore bool                     // guarded by mu
	noBus   bool                     // guarded by mu
}

// feed is a watch.
type feed struct {
	*store.Feed
	prefix string
	of     *Connection
}

// NewMemory returns an empty engine that answers.
func NewMemory() *Memory {
	return &Memory{entries: map[string]cluster.Entry{}, feeds: map[*feed]struct{}{}}
}

// Open returns a connection to it: that of one process.
func (m *Memory) Open() *Connection { return &Connection{memory: m} }

// StopStore has the Store answer nobody, as without a quorum; StartStore ends that.
func (m *Memory) StopStore() { m.change(func() { m.noStore = true }) }

// StartStore has the Store answer again.
func (m *Memory) StartStore() { m.change(func() { m.noStore = false }) }

// StopBus has the Bus lose every message; StartBus ends that.
func (m *Memory) StopBus() { m.change(func() { m.noBus = true }) }

// StartBus has the Bus carry messages again.
func (m *Memory) StartBus() { m.change(func() { m.noBus = false }) }

// Wipe loses what is in the Store: it begins anew.
func (m *Memory) Wipe() {
	m.change(func() { m.entries, m.rev = map[string]cluster.Entry{}, 0 })
}

// change does something that watches notice.
func (m *Memory) change(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
	for f := range m.feeds {
		m.tell(f)
	}
}

// tell sends a watch all that it may know. Needs mu.
func (m *Memory) tell(f *feed) {
	if m.noStore || f.of.cut {
		f.Stale(cluster.ErrUnavailable)
		return
	}
	var list []cluster.Entry
	for key, e := range m.entries {
		if strings.HasPrefix(key, f.prefix) {
			list = append(list, e)
		}
	}
	f.Snapshot(list)
}

// Connection is the connection of one process to a Memory. It is a store.Engine, and the
// Store and the Bus of it. Safe for concurrent use.
type Connection struct {
	memory *Memory
	cut    bool // guarded by memory.mu
}

var (
	_ store.Engine = (*Connection)(nil)
	_ store.Store  = (*Connection)(nil)
	_ cluster.Bus  = (*Connection)(nil)
)

// Store implements store.Engine.
func (c *Connection) Store() store.Store { return c }

// Bus implements store.Engine.
func (c *Connection) Bus() cluster.Bus { return c }

// Close implements store.Engine. What goes on ends with its own context.
func (c *Connection) Close() error { return nil }

// Cut takes the engine away from this connection alone; Heal gives it back.
func (c *Connection) Cut() { c.memory.change(func() { c.cut = true }) }

// Heal ends a Cut.
func (c *Connection) Heal() { c.memory.change(func() { c.cut = false }) }

// Health implements store.Engine.
func (c *Connection) Health() error {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	return c.storeDown()
}

// storeDown returns why the Store cannot be used. Needs memory.mu.
func (c *Connection) storeDown() error {
	if c.cut || c.memory.noStore {
		return fmt.Errorf("store: %w", cluster.ErrUnavailable)
	}
	return nil
}

// Get implements cluster.Reader.
func (c *Connection) Get(ctx context.Context, key string) (cluster.Entry, error) {
	if err := store.CheckKey(key); err != nil {
		return cluster.Entry{}, err
	}
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if err := c.storeDown(); err != nil {
		return cluster.Entry{}, err
	}
	e, ok := c.memory.entries[key]
	if !ok {
		return cluster.Entry{}, fmt.Errorf("%s: %w", key, cluster.ErrNotFound)
	}
	return e, ctx.Err()
}

// Watch implements cluster.Reader.
func (c *Connection) Watch(ctx context.Context, prefix string) <-chan cluster.Update {
	m := c.memory
	f := &feed{store.NewFeed(ctx), prefix, c}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.feeds[f] = struct{}{}
	m.tell(f)
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.feeds, f)
	})
	return f.Updates()
}

// Put implements store.Store.
func (c *Connection) Put(ctx context.Context, key string, value []byte, ifRev *cluster.Rev) (cluster.Rev, error) {
	if err := store.CheckWrite(key, value); err != nil {
		return 0, err
	}
	return c.write(ctx, cluster.Entry{Key: key, Value: append([]byte(nil), value...)}, ifRev)
}

// Delete implements store.Store.
func (c *Connection) Delete(ctx context.Context, key string, ifRev *cluster.Rev) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	_, err := c.write(ctx, cluster.Entry{Key: key, Deleted: true}, ifRev)
	return err
}

func (c *Connection) write(ctx context.Context, e cluster.Entry, ifRev *cluster.Rev) (cluster.Rev, error) {
	m := c.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := c.storeDown(); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	old, there := m.entries[e.Key]
	switch {
	case e.Deleted && !there:
		return 0, nil
	case ifRev != nil && *ifRev != old.Rev:
		return 0, fmt.Errorf("%s: %w", e.Key, cluster.ErrConflict)
	}
	m.rev++
	e.Rev = m.rev
	if e.Deleted {
		delete(m.entries, e.Key)
	} else {
		m.entries[e.Key] = e
	}
	for f := range m.feeds {
		if strings.HasPrefix(e.Key, f.prefix) && !f.of.cut {
			f.Change(e)
		}
	}
	return e.Rev, nil
}

// subscription is one of the Bus.
type subscription struct {
	pattern string
	queue   *bus.Queue[cluster.Msg]
	of      *Connection
}

// receivers are the subscriptions that a message of c reaches. Needs memory.mu.
func (c *Connection) receivers(subject string) []*subscription {
	var list []*subscription
	for _, s := range c.memory.subs {
		if !s.of.cut && cluster.Matches(s.pattern, subject) {
			list = append(list, s)
		}
	}
	return list
}

// send sends a message, and returns how many it reaches.
func (c *Connection) send(msg cluster.Msg) (int, error) {
	if err := cluster.CheckSubject(msg.Subject); err != nil {
		return 0, err
	}
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if c.cut || c.memory.noBus {
		return 0, fmt.Errorf("%s: %w", msg.Subject, cluster.ErrUnavailable)
	}
	msg.Data = append([]byte(nil), msg.Data...)
	list := c.receivers(msg.Subject)
	for _, s := range list {
		m := msg
		if m.Reply != nil {
			m.Reply = func(data []byte) error { return s.of.reply(c, msg.Reply, data) }
		}
		s.queue.Put(m)
	}
	return len(list), nil
}

// reply answers a request of the connection to, unless one of them has no engine.
func (c *Connection) reply(to *Connection, take func([]byte) error, data []byte) error {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if c.cut || to.cut || c.memory.noBus {
		return fmt.Errorf("answer: %w", cluster.ErrUnavailable)
	}
	return take(append([]byte(nil), data...))
}

// Publish implements cluster.Bus.
func (c *Connection) Publish(subject string, data []byte) error {
	_, err := c.send(cluster.Msg{Subject: subject, Data: data})
	return err
}

// Subscribe implements cluster.Bus.
func (c *Connection) Subscribe(ctx context.Context, pattern string, take func(cluster.Msg)) error {
	if err := cluster.CheckPattern(pattern); err != nil {
		return err
	}
	s := &subscription{pattern, bus.NewQueue(func(m cluster.Msg) int { return len(m.Data) }, &atomic.Uint64{}), c}
	m := c.memory
	m.mu.Lock()
	m.subs = append(m.subs, s)
	m.mu.Unlock()
	go func() { // ends with ctx
		s.queue.Each(ctx, take)
		m.mu.Lock()
		defer m.mu.Unlock()
		for i, other := range m.subs {
			if other == s {
				m.subs = append(m.subs[:i:i], m.subs[i+1:]...)
				return
			}
		}
	}()
	return nil
}

// Request implements cluster.Bus.
func (c *Connection) Request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	answers := make(chan []byte, 1)
	n, err := c.send(cluster.Msg{Subject: subject, Data: data, Reply: func(answer []byte) error {
		select {
		case answers <- answer:
		default: // the first answer counts
		}
		return nil
	}})
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, fmt.Errorf("%s: %w", subject, cluster.ErrNoAnswer)
	}
	select {
	case answer := <-answers:
		return answer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
