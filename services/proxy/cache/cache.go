package cache

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
)

// absentKept is how long a failure is remembered for a resource that no packager has and
// no playlist lists: any number of players that ask for it cause one request.
const absentKept = time.Second

// barrenFor is how long no search for something to evict is made after one was in vain.
const barrenFor = 100 * time.Millisecond

// Cache holds objects by key. It is bounded in bytes, including those under way; listed
// objects are evicted last. Safe for concurrent use.
type Cache struct {
	limit  int64
	listed func(key string) bool // whether a playlist lists a key: then it does not expire
	budget *object.Budget

	mu      sync.RWMutex
	objects map[string]*entry // guarded by mu
	barren  time.Time         // until when nothing can be evicted; guarded by mu
}

// entry is an object with what only the cache knows of it. The cache's mu guards it.
type entry struct {
	*object.Object
	expires time.Time // when an unlisted object is dropped; zero when not set
}

// New returns a cache of at most limit bytes. listed reports whether a playlist lists a
// key; it is called with the cache locked, and must not call the cache.
func New(limit int64, listed func(key string) bool) *Cache {
	c := &Cache{limit: limit, listed: listed, objects: map[string]*entry{}}
	c.budget = object.NewBudget(limit, c.evict)
	return c
}

// Budget is the account of the memory of all objects in the cache.
func (c *Cache) Budget() *object.Budget { return c.budget }

// Get is the object of a key, nil when there is none.
func (c *Cache) Get(key string) *object.Object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if h := c.objects[key]; h != nil {
		return h.Object
	}
	return nil
}

// Look is Get for a key that is part of a request.
func (c *Cache) Look(key []byte) *object.Object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if h := c.objects[string(key)]; h != nil {
		return h.Object
	}
	return nil
}

// Begin returns the object of a key, and whether it is new: then the caller must fetch
// it. An object that has failed is replaced, except, for a second, an unlisted one that
// no packager has.
func (c *Cache) Begin(key string, now time.Time) (o *object.Object, fresh bool) {
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
	o = object.New(key, now)
	o.Account(c.budget)
	c.objects[key] = &entry{Object: o}
	return o, true
}

// remembered reports whether a failure is to be answered with again.
func remembered(h *entry, err error, now time.Time) bool {
	var status *upstream.StatusError
	return (errors.Is(err, upstream.ErrNotFound) || errors.As(err, &status)) && now.Sub(h.Ended()) < absentKept
}

// Drop forgets a key; readers of its object may go on.
func (c *Cache) Drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
}

// drop is Drop with mu held.
func (c *Cache) drop(key string) {
	if h := c.objects[key]; h != nil {
		delete(c.objects, key)
		h.Forget()
	}
}

// Expire sets when an unlisted object is dropped.
func (c *Cache) Expire(key string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.objects[key]; h != nil {
		h.expires = at
	}
}

// Sweep drops what has expired or failed. Over the limit it also drops the least recently
// used objects, unlisted ones first; objects under way stay. It returns the bytes and
// objects that are left, including those under way.
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
			total += h.Bytes()
		}
	}
	if total > c.limit {
		total -= c.free(total-c.limit, true)
	}
	return total, len(c.objects)
}

// evict makes room at once by dropping unlisted objects.
func (c *Cache) evict(excess int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.After(c.barren) && c.free(excess+c.limit/16, false) == 0 { // a little more than needed, so that it is seldom done
		c.barren = now.Add(barrenFor) // a flood must not search everything each time
	}
}

// free drops whole objects without readers until so many bytes are free, as far as there
// are such objects; unlisted ones first. Needs mu.
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
			list = append(list, candidate{key, h.Bytes(), listed, h.Touched()})
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
