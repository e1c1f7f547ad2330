package window

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Item is media on a Shelf.
type Item struct {
	Media *Media
	// Came is when it came, by our clock; Written is when its last byte was written.
	Came, Written time.Time
	// Told is true once it was logged that something else came under its name.
	Told bool

	left time.Time // when it ceased to be needed; zero while it is needed
}

// keepLonger is how many target durations media stays longer than RFC 8216, 6.2.2,
// requires, which is its own and a playlist's duration: a proxy lists it later than the
// packager, and a proxy that was killed has nothing but what packagers hold.
const keepLonger = 3

// KeepFor returns how long media stays that is no longer needed, by the target duration in
// seconds and the size of the window.
func KeepFor(target, size int) time.Duration {
	return time.Duration(target*(size+1+keepLonger)) * time.Second
}

// Shelf is the media in memory by name. The first whole copy stays.
type Shelf struct {
	// Keep is how long media stays that is no longer needed.
	Keep time.Duration
	// Most is how many of these stay at most.
	Most int

	items map[string]*Item
}

// Has reports whether there is media of that name.
func (s *Shelf) Has(name string) bool { return s.items[name] != nil }

// Item returns the media of that name; nil when there is none.
func (s *Shelf) Item(name string) *Item { return s.items[name] }

// Items returns all items, in no order.
func (s *Shelf) Items() []*Item { return slices.Collect(maps.Values(s.items)) }

// Names returns all names, sorted.
func (s *Shelf) Names() []string { return slices.Sorted(maps.Keys(s.items)) }

// Put adds media; came and written are as in Item.
func (s *Shelf) Put(m *Media, came, written time.Time) {
	if s.items == nil {
		s.items = map[string]*Item{}
	}
	s.items[m.Name] = &Item{Media: m, Came: came, Written: written}
}

// Sweep drops media that has not been needed for too long, and reports whether it dropped
// any.
func (s *Shelf) Sweep(needed func(name string) bool, now time.Time) bool {
	before := len(s.items)
	var idle []*Item
	for name, i := range s.items {
		switch {
		case needed(name):
			i.left = time.Time{}
			continue
		case i.left.IsZero():
			i.left = now
		}
		if now.Sub(i.left) > s.Keep {
			delete(s.items, name)
			continue
		}
		idle = append(idle, i)
	}
	if over := len(idle) - s.Most; over > 0 {
		slices.SortFunc(idle, func(a, b *Item) int {
			if c := a.left.Compare(b.left); c != 0 {
				return c
			}
			// Of equal age: oldest segments first, initialization sections last.
			return cmp.Compare(uint64(a.Media.MSN), uint64(b.Media.MSN))
		})
		for _, i := range idle[:over] {
			delete(s.items, i.Media.Name)
		}
	}
	return len(s.items) != before
}

// UpTo returns the media that may be served while the newest listed segment is msn:
// initialization sections, and no newer segments.
func (s *Shelf) UpTo(msn int64) map[string]*Media {
	m := make(map[string]*Media, len(s.items))
	for name, i := range s.items {
		if i.Media.MSN <= msn {
			m[name] = i.Media
		}
	}
	return m
}

// Bytes returns the size of all media.
func (s *Shelf) Bytes() int {
	n := 0
	for i := range maps.Values(s.items) {
		n += len(i.Media.Body)
	}
	return n
}
