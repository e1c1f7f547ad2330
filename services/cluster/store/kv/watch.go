package kv

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

const (
	// checkPeriod is how often a watch compares what it knows with what the leader has.
	checkPeriod = time.Second
	// changesMost is how many changes wait for a watch; what it misses it finds at a check.
	changesMost = 512
)

// Watch implements cluster.Reader.
func (e *Engine) Watch(ctx context.Context, prefix string) <-chan cluster.Update {
	w := &watch{
		engine: e, prefix: prefix, filter: filterOf(prefix), feed: store.NewFeed(ctx),
		known: map[string]cluster.Entry{}, changes: make(chan *nats.Msg, changesMost),
	}
	go w.run(ctx) // ends with ctx
	return w.feed.Updates()
}

// watch is one watch. It belongs to the goroutine of run.
type watch struct {
	engine         *Engine
	prefix, filter string
	feed           *store.Feed
	changes        chan *nats.Msg

	known   map[string]cluster.Entry // the deleted ones too
	created time.Time                // of the Store that known is of
	checked uint64                   // the last revision when known was compared with the leader's
	sent    bool                     // a snapshot was sent
	stale   bool                     // the reader was told so
	soon    bool                     // the next check is near
}

// run hears of changes and checks until ctx is cancelled.
func (w *watch) run(ctx context.Context) {
	sub, err := w.engine.conn.NATS().ChanSubscribe(changes+strings.TrimPrefix(w.filter, subjects), w.changes)
	if err == nil { // else the connection has ended, and checks say so
		defer sub.Unsubscribe() //nolint:errcheck // fails only where the connection has ended
	}
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		changed := w.engine.conn.Changed()
		select {
		case <-ctx.Done():
			return
		case m := <-w.changes:
			if w.take(m) && !w.soon {
				w.soon = true
				next.Reset(hurry)
			}
		case <-changed:
			next.Reset(0)
		case <-next.C:
			w.soon = false
			wait := checkPeriod - rand.N(checkPeriod/4)
			if err := w.check(ctx); err != nil && ctx.Err() == nil {
				w.doubt(ctx, err)
				wait = hurry + rand.N(hurry)
			}
			next.Reset(wait)
		}
	}
}

// take takes a change in. It returns true where the Store seems to be another.
func (w *watch) take(m *nats.Msg) bool {
	key, ok := strings.CutPrefix(m.Subject, changes)
	if !ok || !strings.HasPrefix(key, w.prefix) {
		return false
	}
	entry, ok := entryOf(key, m)
	if !ok || !w.sent {
		return false // the first snapshot has it
	}
	switch known := w.known[key].Rev; {
	case entry.Rev == known:
		return false
	case entry.Rev <= known, entry.Rev <= cluster.Rev(w.checked):
		return true
	}
	w.known[key] = entry
	w.feed.Change(entry)
	return false
}

// doubt says that what is known may be old. Without a leader, what any engine has is better
// than nothing.
func (w *watch) doubt(ctx context.Context, err error) {
	if !w.sent {
		if all, seen, err := w.engine.list(ctx, []string{w.filter}); err == nil && seen > 0 {
			w.replace(w.own(all))
		}
	}
	if !w.stale {
		w.stale = true
		w.feed.Stale(err)
	}
}

// check compares what is known with what the Store's leader has.
func (w *watch) check(ctx context.Context) error {
	i, err := w.engine.info(ctx, w.filter)
	if err != nil {
		return err
	}
	same := i.Created.Equal(w.created) && i.State.Last >= w.checked
	if same && i.State.Last == w.checked && w.sent && !w.stale {
		return nil
	}
	all, err := w.engine.snapshot(ctx, i)
	if err != nil {
		return err
	}
	all = w.own(all)
	if same { // changes that came since then
		for key, e := range w.known {
			if e.Rev > cluster.Rev(i.State.Last) {
				all[key] = e
			}
		}
	}
	w.created, w.checked = i.Created, i.State.Last
	if !same || w.stale || !w.sent || !maps.EqualFunc(w.known, all, sameEntry) {
		w.replace(all)
		w.stale = false
	}
	return nil
}

func sameEntry(a, b cluster.Entry) bool { return a.Rev == b.Rev && a.Deleted == b.Deleted }

// own returns those of all entries whose key begins with the prefix.
func (w *watch) own(all map[string]cluster.Entry) map[string]cluster.Entry {
	maps.DeleteFunc(all, func(key string, _ cluster.Entry) bool { return !strings.HasPrefix(key, w.prefix) })
	return all
}

// replace sends a snapshot.
func (w *watch) replace(all map[string]cluster.Entry) {
	w.known, w.sent = all, true
	w.feed.Snapshot(slices.DeleteFunc(slices.Collect(maps.Values(all)), func(e cluster.Entry) bool { return e.Deleted }))
}
