package proxy

import "sync"

// index finds what a key is listed as. Safe for concurrent use.
type index struct {
	mu   sync.RWMutex
	list map[string]listing // guarded by mu
}

// listing is a place in a stream: an entry's segment or its init.
type listing struct {
	st    *stream
	entry entry
}

func newIndex() *index { return &index{list: map[string]listing{}} }

func (x *index) add(st *stream, e entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e.Key != "" {
		x.list[e.Key] = listing{st, e}
	}
	if e.Init != "" {
		x.list[e.Init] = listing{st, e}
	}
}

// remove forgets a key, unless another stream lists it by now; it reports whether
// nobody does.
func (x *index) remove(st *stream, key string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if l, ok := x.list[key]; ok && l.st != st {
		return false
	}
	delete(x.list, key)
	return true
}

func (x *index) has(key string) bool {
	_, ok := x.get(key)
	return ok
}

func (x *index) get(key string) (listing, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	l, ok := x.list[key]
	return l, ok
}
