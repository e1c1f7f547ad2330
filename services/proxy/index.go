package proxy

import (
	"strings"
	"sync"

	"livestream-tui/services/proxy/timeline"
)

// index finds what a key is listed as. Safe for concurrent use.
type index struct {
	mu   sync.RWMutex
	list map[string]listing // by ID; guarded by mu
	// ranged are how many ranges of a key are listed.
	ranged map[string]int // guarded by mu
}

// listing is a place in a playlist: an entry's segment, init section or key.
type listing struct {
	p        *playlist
	entry    timeline.Entry
	resource timeline.Resource
}

func newIndex() *index { return &index{list: map[string]listing{}, ranged: map[string]int{}} }

// add lists an entry, and returns the IDs that nothing listed before.
func (x *index) add(p *playlist, e timeline.Entry) (fresh []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range e.Resources() {
		id := r.ID()
		if _, has := x.list[id]; !has {
			fresh = append(fresh, id)
			if r.Range != nil {
				x.ranged[r.Key]++
			}
		}
		x.list[id] = listing{p, e, r}
	}
	return fresh
}

// remove forgets an ID, unless another playlist lists it by now; it reports whether
// nobody does.
func (x *index) remove(f *follower, playlist, id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, ok := x.list[id]
	if !ok {
		return true
	}
	if l.p.f != f || l.p.key != playlist {
		return false
	}
	delete(x.list, id)
	if l.resource.Range != nil {
		if x.ranged[l.resource.Key]--; x.ranged[l.resource.Key] == 0 {
			delete(x.ranged, l.resource.Key)
		}
	}
	return true
}

// drop forgets all that a playlist lists, as it ends.
func (x *index) drop(p *playlist) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, l := range x.list {
		if l.p == p {
			delete(x.list, id)
			if l.resource.Range != nil {
				delete(x.ranged, l.resource.Key)
			}
		}
	}
}

func (x *index) has(id string) bool {
	_, ok := x.get(id)
	return ok
}

func (x *index) get(id string) (listing, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	l, ok := x.list[id]
	return l, ok
}

// newest are the IDs of the segments of a playlist behind a number.
func (x *index) newest(p *playlist, msn int64) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var list []string
	for id, l := range x.list {
		if l.p == p && l.entry.MSN > msn {
			list = append(list, id)
		}
	}
	return list
}

// isRanged reports whether parts of what is at key are listed.
func (x *index) isRanged(key string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.ranged[key] > 0
}

// isRouted reports whether a request for a key means something else than media to us:
// what the routes have of their own, all of it at the top and without an extension
// ("/healthz", "/events"). A packager may list such a name as a segment.
func isRouted(key string) bool {
	p, _, _ := strings.Cut(key, "?")
	return strings.LastIndexByte(p, '/') == 0 && !strings.Contains(p, ".")
}
