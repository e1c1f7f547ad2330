package window

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Item is media on the shelf.
type Item struct {
	Media *Media
	// Came is when it did, by our clock; Written when its last byte was.
	Came, Written time.Time
	// Told: that something else came under its name is told already.
	Told bool

	left time.Time // when it was needed last; zero while it is
}

// keepLonger is for how many target durations media stays beyond its own and a
// playlist's, which RFC 8216, 6.2.2 asks for: a proxy in front of us lists later than
// we do, and one that was killed has nothing left but what we hold.
const keepLonger = 3

// KeepFor is how long media stays that nothing needs any more, by the target duration
// in seconds and the size of the window.
func KeepFor(target, size int) time.Duration {
	return time.Duration(target*(size+1+keepLonger)) * time.Second
}

// Shelf is the media in memory by name. The first whole copy stays.
type Shelf struct {
	// Keep is how long media stays that nothing needs any more.
	Keep time.Duration
	// Most is how many of those stay, however fast they came.
	Most int

	items map[string]*Item
}

// Has reports whether there is media of that name.
func (s *Shelf) Has(name string) bool { return s.items[name] != nil }

// Item returns the media of that name, nil for none.
func (s *Shelf) Item(name string) *Item { return s.items[name] }

// Items are all, in no order.
func (s *Shelf) Items() []*Item { return slices.Collect(maps.Values(s.items)) }

// Names are those of all, sorted.
func (s *Shelf) Names() []string { return slices.Sorted(maps.Keys(s.items)) }

// Put adds media that came and whose last byte was written at those times.
func (s *Shelf) Put(m *Media, came, written time.Time) {
	if s.items == nil {
		s.items = map[string]*Item{}
	}
	s.items[m.Name] = &Item{Media: m, Came: came, Written: written}
}

// Sweep drops what has not been needed for too long, and reports whether it
// dropped anything.
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
			// What left together goes oldest first, init sections last.
			return cmp.Compare(uint64(a.Media.MSN), uint64(b.Media.MSN))
		})
		for _, i := range idle[:over] {
			delete(s.items, i.Media.Name)
		}
	}
	return len(s.items) != before
}

// UpTo is what may be served while the newest listed segment is msn: init
// sections, and no segment from the future.
func (s *Shelf) UpTo(msn int64) map[string]*Media {
	m := make(map[string]*Media, len(s.items))
	for name, i := range s.items {
		if i.Media.MSN <= msn {
			m[name] = i.Media
		}
	}
	return m
}

// Bytes is how much media there is.
func (s *Shelf) Bytes() int {
	n := 0
	for i := range maps.Values(s.items) {
		n += len(i.Media.Body)
	}
	return n
}
