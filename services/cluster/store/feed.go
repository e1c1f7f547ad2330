package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"livestream-tui/services/cluster"
)

// Feed sends the updates of one watch. What its reader has not taken yet is merged, so that
// it gets the latest entry of each key however slow it is. Safe for concurrent use.
type Feed struct {
	ch   chan cluster.Update
	wake chan struct{} // has room for one; a token says that something is pending

	mu      sync.Mutex
	pending news // guarded by mu
}

// news is what a reader is to be told.
type news struct {
	snapshot bool
	entries  map[string]cluster.Entry
	stale    error
}

// NewFeed returns a feed, whose channel is closed when ctx is cancelled.
func NewFeed(ctx context.Context) *Feed {
	f := &Feed{ch: make(chan cluster.Update), wake: make(chan struct{}, 1)}
	go f.run(ctx) // ends with ctx
	return f
}

// Updates is what the reader reads.
func (f *Feed) Updates() <-chan cluster.Update { return f.ch }

// Snapshot says that entries are everything that is there. It never waits.
func (f *Feed) Snapshot(entries []cluster.Entry) {
	f.add(news{snapshot: true, entries: byKey(entries)})
}

// Change says that entries have changed. It never waits.
func (f *Feed) Change(entries ...cluster.Entry) { f.add(news{entries: byKey(entries)}) }

// Stale says why nothing new can be learned. It never waits.
func (f *Feed) Stale(err error) { f.add(news{stale: err}) }

func byKey(entries []cluster.Entry) map[string]cluster.Entry {
	m := make(map[string]cluster.Entry, len(entries))
	for _, e := range entries {
		m[e.Key] = e
	}
	return m
}

func (f *Feed) add(n news) {
	f.mu.Lock()
	f.pending = f.pending.and(n)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// run sends what is pending until ctx is cancelled.
func (f *Feed) run(ctx context.Context) {
	defer close(f.ch)
	var next news
	for {
		u, after, due := next.first()
		send := f.ch
		if !due {
			send = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
			f.mu.Lock()
			next = next.and(f.pending)
			f.pending = news{}
			f.mu.Unlock()
		case send <- u:
			next = after
		}
	}
}

// and returns the news n with what came after it.
func (n news) and(later news) news {
	if later.snapshot {
		return later
	}
	merged := news{snapshot: n.snapshot, entries: maps.Clone(n.entries), stale: cmp.Or(later.stale, n.stale)}
	for key, e := range later.entries {
		if merged.entries == nil {
			merged.entries = map[string]cluster.Entry{}
		}
		if merged.snapshot && e.Deleted {
			delete(merged.entries, key)
		} else {
			merged.entries[key] = e
		}
	}
	return merged
}

// first returns the update to send first and what remains after it; false when there is none.
func (n news) first() (u cluster.Update, after news, due bool) {
	if n.snapshot || len(n.entries) > 0 {
		list := slices.SortedFunc(maps.Values(n.entries), func(a, b cluster.Entry) int { return cmp.Compare(a.Rev, b.Rev) })
		return cluster.Update{Snapshot: n.snapshot, Entries: list}, news{stale: n.stale}, true
	}
	return cluster.Update{Stale: n.stale}, news{}, n.stale != nil
}
