package follow

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/uri"
)

// Index finds the playlist that lists a resource. Safe for concurrent use.
type Index struct {
	mu   sync.RWMutex
	list map[string]Listing // by ID; guarded by mu
	// ranged counts the listed ranges of a key.
	ranged map[string]int // guarded by mu
	// renamed has the packagers' paths of resources that are listed under other paths
	// here.
	renamed map[string]string // by path; guarded by mu
	// paths has the whole resources that lie at a path, under any query.
	paths map[string][]string // IDs; guarded by mu
}

// Listing is a place in a playlist: an entry's segment, init section or key.
type Listing struct {
	Playlist *Playlist
	Entry    timeline.Entry
	Resource timeline.Resource
}

// IsKey reports whether it is a key file.
func (l Listing) IsKey() bool { return slices.Contains(l.Entry.Keys, l.Resource) }

func newIndex() *Index {
	return &Index{list: map[string]Listing{}, ranged: map[string]int{}, renamed: map[string]string{}, paths: map[string][]string{}}
}

// Around is the listed resource at the path of a key whose arguments are all in the key's
// query: players, and servers in front of them, add arguments of their own.
func (x *Index) Around(key string) (string, bool) {
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

// leave removes an ID from its path. Needs mu.
func (x *Index) leave(id string) {
	path := uri.Name(id)
	if left := slices.DeleteFunc(x.paths[path], func(other string) bool { return other == id }); len(left) > 0 {
		x.paths[path] = left
	} else {
		delete(x.paths, path)
	}
}

// TargetOf is the target at packagers of a resource that is listed under another path
// here: a player may ask for it with more arguments, or for a part of it.
func (x *Index) TargetOf(key, target string) string {
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

// add lists an entry, and returns the IDs that were not listed before.
func (x *Index) add(p *Playlist, e timeline.Entry) (fresh []string) {
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
		x.list[id] = Listing{p, e, r}
		if isRenamed(r) {
			x.renamed[uri.Name(r.Key)] = uri.Name(r.Target)
		}
	}
	return fresh
}

// isRenamed reports whether a resource is listed under another path here.
func isRenamed(r timeline.Resource) bool {
	key, err := uri.Key(r.Target, nil)
	return r.Target != "" && err == nil && uri.Name(key) != uri.Name(r.Key)
}

// remove removes an ID, unless another playlist lists it by now. It reports whether the
// ID is unlisted then.
func (x *Index) remove(f *follower, playlist, id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	l, ok := x.list[id]
	if !ok {
		return true
	}
	if l.Playlist.f != f || l.Playlist.Key != playlist {
		return false
	}
	delete(x.list, id)
	x.leave(id)
	if l.Resource.Range == nil || x.ranged[l.Resource.Key] == 1 {
		delete(x.renamed, uri.Name(l.Resource.Key))
	}
	if l.Resource.Range != nil {
		if x.ranged[l.Resource.Key]--; x.ranged[l.Resource.Key] == 0 {
			delete(x.ranged, l.Resource.Key)
		}
	}
	return true
}

// drop removes all that a playlist lists, when it ends.
func (x *Index) drop(p *Playlist) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, l := range x.list {
		if l.Playlist == p {
			delete(x.list, id)
			x.leave(id)
			delete(x.renamed, uri.Name(l.Resource.Key))
			if l.Resource.Range != nil {
				delete(x.ranged, l.Resource.Key)
			}
		}
	}
}

// Count is how many IDs are listed.
func (x *Index) Count() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.list)
}

// Has reports whether a playlist lists an ID.
func (x *Index) Has(id string) bool {
	_, ok := x.get(id)
	return ok
}

func (x *Index) get(id string) (Listing, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	l, ok := x.list[id]
	return l, ok
}

// newest are the IDs of a playlist's resources after an MSN.
func (x *Index) newest(p *Playlist, msn int64) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var list []string
	for id, l := range x.list {
		if l.Playlist == p && l.Entry.MSN > msn {
			list = append(list, id)
		}
	}
	return list
}

// PlaylistOf is the playlist that lists the whole resource of a key; nil for none.
func (x *Index) PlaylistOf(key string) *Playlist {
	l, ok := x.get(key)
	if !ok {
		if id, around := x.Around(key); around {
			l, _ = x.get(id)
		}
	}
	return l.Playlist
}

// Of are the segments that a playlist lists, in order.
func (x *Index) Of(p *Playlist) []Listing {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var list []Listing
	for _, l := range x.list {
		if l.Playlist == p && l.Resource == l.Entry.Media && !l.Entry.Segment.Gap {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b Listing) int { return cmp.Compare(a.Entry.MSN, b.Entry.MSN) })
	return list
}

// IsRanged reports whether ranges of a key are listed.
func (x *Index) IsRanged(key string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.ranged[key] > 0
}
