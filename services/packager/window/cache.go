package window

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Item is media in a Cache.
type Item struct {
	Media *Media
	// Came is when it came, by our clock; Written is when its last byte was written.
	Came, Written time.Time
	// Logged is true once it was logged that something else came under its name.
	Logged bool

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

// Cache is the media in memory by name. The first whole copy stays.
type Cache struct {
	// Keep is how long media stays that is no longer needed.
	Keep time.Duration
	// Most is how many of these stay at most.
	Most int

	items map[string]*Item
}

// Has reports whether there is media of that name.
func (c *Cache) Has(name string) bool { return c.items[name] != nil }

// Item returns the media of that name; nil when there is none.
func (c *Cache) Item(name string) *Item { return c.items[name] }

// Items returns all items, in no order.
func (c *Cache) Items() []*Item { return slices.Collect(maps.Values(c.items)) }

// Names returns all names, sorted.
func (c *Cache) Names() []string { return slices.Sorted(maps.Keys(c.items)) }

// Put adds media; came and written are as in Item.
func (c *Cache) Put(m *Media, came, written time.Time) {
	if c.items == nil {
		c.items = map[string]*Item{}
	}
	c.items[m.Name] = &Item{Media: m, Came: came, Written: written}
}

// Sweep drops media that has not been needed for too long, and reports whether it dropped
// any.
func (c *Cache) Sweep(needed func(name string) bool, now time.Time) bool {
	before := len(c.items)
	var idle []*Item
	for name, i := range c.items {
		switch {
		case needed(name):
			i.left = time.Time{}
			continue
		case i.left.IsZero():
			i.left = now
		}
		if now.Sub(i.left) > c.Keep {
			delete(c.items, name)
			continue
		}
		idle = append(idle, i)
	}
	if over := len(idle) - c.Most; over > 0 {
		slices.SortFunc(idle, func(a, b *Item) int {
			if c := a.left.Compare(b.left); c != 0 {
				return c
			}
			// Of equal age: oldest segments first, initialization sections last.
			return cmp.Compare(uint64(a.Media.MSN), uint64(b.Media.MSN))
		})
		for _, i := range idle[:over] {
			delete(c.items, i.Media.Name)
		}
	}
	return len(c.items) != before
}

// UpTo returns the media that may be served while the newest listed segment is msn:
// initialization sections, and no newer segments.
func (c *Cache) UpTo(msn int64) map[string]*Media {
	m := make(map[string]*Media, len(c.items))
	for name, i := range c.items {
		if i.Media.MSN <= msn {
			m[name] = i.Media
		}
	}
	return m
}

// Bytes returns the size of all media.
func (c *Cache) Bytes() int {
	n := 0
	for i := range maps.Values(c.items) {
		n += len(i.Media.Body)
	}
	return n
}
