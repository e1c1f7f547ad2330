// Package cache holds objects by key, within a limit of memory.
package cache

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/proxy/fetch"
)

// absentKept is how long it is remembered that no packager has what no playlist
// lists: many who ask for it are one request.
const absentKept = time.Second

// barrenFor is how long nothing is searched to evict, after nothing was found.
const barrenFor = 100 * time.Millisecond

// Cache holds objects by key. It is bounded in bytes, those under way included; what
// is listed goes last. Safe for concurrent use.
type Cache struct {
	limit  int64
	listed func(key string) bool // whether a playlist lists it: then it does not expire
	budget *fetch.Budget

	mu      sync.RWMutex
	objects map[string]*held // guarded by mu
	barren  time.Time        // until when there is nothing to evict; guarded by mu
}

// held is an object, and what the cache alone knows of it. The cache's mu guards it.
type held struct {
	*fetch.Object
	expires time.Time // when it may go unless it is listed; zero: not said
}

// New returns a cache of at most limit bytes. Listed reports whether a playlist lists
// a key; it is asked while the cache is locked, and must not call it.
func New(limit int64, listed func(key string) bool) *Cache {
	c := &Cache{limit: limit, listed: listed, objects: map[string]*held{}}
	c.budget = fetch.NewBudget(limit, c.evict)
	return c
}

// Budget is the account of what all objects that were begun here take.
func (c *Cache) Budget() *fetch.Budget { return c.budget }

// Get is the object of a key, nil for none.
func (c *Cache) Get(key string) *fetch.Object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if h := c.objects[key]; h != nil {
		return h.Object
	}
	return nil
}

// Look is Get for a key that is a part of a request.
func (c *Cache) Look(key []byte) *fetch.Object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if h := c.objects[string(key)]; h != nil {
		return h.Object
	}
	return nil
}

// Begin returns the object of that key, and whether it is new: then the caller must
// fetch it. One that has failed is replaced, but for a second not one that is absent
// everywhere and that no playlist lists.
func (c *Cache) Begin(key string, now time.Time) (o *fetch.Object, fresh bool) {
	listed := c.listed(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.objects[key]; h != nil {
		if listed {
			h.Keep()
		}
		if _, err := h.Done(); err == nil || !listed && remembered(h, err, now) {
			return h.Object, false
		}
		h.Forget()
	}
	o = fetch.NewObject(key, now)
	o.Account(c.budget)
	c.objects[key] = &held{Object: o}
	return o, true
}

// remembered reports whether a failure is to be answered with again.
func remembered(h *held, err error, now time.Time) bool {
	var status *fetch.StatusError
	return (errors.Is(err, fetch.ErrNotFound) || errors.As(err, &status)) && now.Sub(h.Ended()) < absentKept
}

// Drop forgets a key; who holds the object may still read it.
func (c *Cache) Drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
}

// drop is Drop for who holds mu.
func (c *Cache) drop(key string) {
	if h := c.objects[key]; h != nil {
		delete(c.objects, key)
		h.Forget()
	}
}

// Expire says until when an object is kept that no playlist lists.
func (c *Cache) Expire(key string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.objects[key]; h != nil {
		h.expires = at
	}
}

// Sweep forgets what has expired or failed, and, over the limit, what was least lately
// used, what is not listed first; what is on its way stays. It returns the bytes and
// objects left, what is on its way included.
func (c *Cache) Sweep(now time.Time) (total int64, count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, h := range c.objects {
		_, err := h.Done()
		listed := c.listed(key)
		switch {
		case err != nil && (listed || !remembered(h, err, now)), !listed && !h.expires.IsZero() && now.After(h.expires):
			c.drop(key)
		default:
			total += h.Held()
		}
	}
	if total > c.limit {
		total -= c.free(total-c.limit, true)
	}
	return total, len(c.objects)
}

// evict makes room at once, of what no playlist lists.
func (c *Cache) evict(excess int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.After(c.barren) && c.free(excess+c.limit/16, false) == 0 { // more than is needed, so that it is seldom done
		c.barren = now.Add(barrenFor) // a flood is not to search everything each time
	}
}

// free forgets so many bytes of what is whole and nobody reads, if there are so many,
// what is not listed first. Needs mu.
func (c *Cache) free(most int64, listedToo bool) (freed int64) {
	type candidate struct {
		key     string
		bytes   int64
		listed  bool
		touched time.Time
	}
	var list []candidate
	for key, h := range c.objects {
		whole, _ := h.Done()
		if listed := c.listed(key); whole && !h.Used() && (listedToo || !listed) {
			list = append(list, candidate{key, h.Held(), listed, h.Touched()})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		if a.listed != b.listed {
			if a.listed {
				return 1
			}
			return -1
		}
		return cmp.Or(a.touched.Compare(b.touched), cmp.Compare(a.key, b.key))
	})
	for len(list) > 0 && freed < most {
		freed += list[0].bytes
		c.drop(list[0].key)
		list = list[1:]
	}
	return freed
}
