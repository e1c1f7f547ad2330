package proxy

import (
	"slices"
	"strings"
	"sync"

	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/uri"
)

// index finds what a key is listed as. Safe for concurrent use.
type index struct {
	mu   sync.RWMutex
	list map[string]listing // by ID; guarded by mu
	// ranged are how many ranges of a key are listed.
	ranged map[string]int // guarded by mu
	// renamed are the paths at packagers of what is listed under a path of our own.
	renamed map[string]string // by path; guarded by mu
	// paths are the whole resources that lie at a path, under whatever queries.
	paths map[string][]string // IDs; guarded by mu
}

// listing is a place in a playlist: an entry's segment, init section or key.
type listing struct {
	p        *playlist
	entry    timeline.Entry
	resource timeline.Resource
}

func newIndex() *index {
	return &index{list: map[string]listing{}, ranged: map[string]int{}, renamed: map[string]string{}, paths: map[string][]string{}}
}

// around is what is listed at the path of a key whose query has all of its arguments, and
// others: players, and what stands before them, add some of their own.
func (x *index) around(key string) (string, bool) {
	path, query, _ := strings.Cut(key, "?")
	if query == "" {
		return "", false
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	asked := strings.Split(query, "&")
	for _, id := range x.paths[path] {
		_, own, has := strings.Cut(id, "?")
		if !has || !slices.ContainsFunc(strings.Split(own, "&"), func(a string) bool { return !slices.Contains(asked, a) }) {
			return id, true
		}
	}
	return "", false
}

// leave forgets that an ID lies at its path. Needs mu.
func (x *index) leave(id string) {
	path := uri.Name(id)
	if left := slices.DeleteFunc(x.paths[path], func(other string) bool { return other == id }); len(left) > 0 {
		x.paths[path] = left
	} else {
		delete(x.paths, path)
	}
}

// theirs is what a packager is asked for in place of a target that names what is listed
// under a path of our own: a player may ask for it with more arguments, or for a part.
func (x *index) theirs(key, target string) string {
	x.mu.RLock()
	path, has := x.renamed[uri.Name(key)]
	x.mu.RUnlock()
	if !has {
		return target
	}
	if _, query, with := strings.Cut(target, "?"); with {
		return path + "?" + query
	}
	return path
}

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
			} else {
				x.paths[uri.Name(id)] = append(x.paths[uri.Name(id)], id)
			}
		}
		x.list[id] = listing{p, e, r}
		if isRenamed(r) {
			x.renamed[uri.Name(r.Key)] = uri.Name(r.Target)
		}
	}
	return fresh
}

// isRenamed reports whether a resource is listed under a path of our own.
func isRenamed(r timeline.Resource) bool {
	key, err := uri.Key(r.Target, nil)
	return r.Target != "" && err == nil && uri.Name(key) != uri.Name(r.Key)
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
	x.leave(id)
	if l.resource.Range == nil || x.ranged[l.resource.Key] == 1 {
		delete(x.renamed, uri.Name(l.resource.Key))
	}
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
			x.leave(id)
			delete(x.renamed, uri.Name(l.resource.Key))
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
