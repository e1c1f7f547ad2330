package proxy

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// cache holds objects by key. It is bounded in bytes; what is listed goes last.
// Safe for concurrent use.
type cache struct {
	limit  int64
	listed func(key string) bool // whether a playlist lists it: then it does not expire

	mu      sync.RWMutex
	objects map[string]*object // guarded by mu
}

func newCache(limit int64, listed func(key string) bool) *cache {
	return &cache{limit: limit, listed: listed, objects: map[string]*object{}}
}

func (c *cache) get(key string) *object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.objects[key]
}

// look is get for a key that is a part of a request.
func (c *cache) look(key []byte) *object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.objects[string(key)]
}

// begin returns the object of that key, and whether it is new: then the caller
// must fetch it. One that has failed is replaced.
func (c *cache) begin(key string, now time.Time) (o *object, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o = c.objects[key]; o != nil {
		if _, err := o.done(); err == nil {
			return o, false
		}
	}
	o = newObject(key, now)
	c.objects[key] = o
	return o, true
}

// drop forgets a key; who holds the object may still read it.
func (c *cache) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.objects, key)
}

// sweep forgets what has expired or failed, and, over the limit, what was least
// lately used, what is not listed first; what is on its way stays. It returns the
// bytes and objects left.
func (c *cache) sweep(now time.Time) (total int64, count int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	type held struct {
		o       *object
		bytes   int64
		listed  bool
		touched int64
	}
	var list []held
	for key, o := range c.objects {
		o.mu.Lock()
		h := held{o, int64(len(o.body)), c.listed(key), o.touched.Load()}
		whole, gone := o.whole, o.err != nil || !h.listed && !o.expires.IsZero() && now.After(o.expires)
		o.mu.Unlock()
		if gone {
			delete(c.objects, key)
			continue
		}
		total += h.bytes
		if whole {
			list = append(list, h)
		}
	}
	if total > c.limit {
		slices.SortFunc(list, func(a, b held) int {
			if a.listed != b.listed {
				if a.listed {
					return 1
				}
				return -1
			}
			return cmp.Compare(a.touched, b.touched)
		})
		for len(list) > 0 && total > c.limit {
			total -= list[0].bytes
			delete(c.objects, list[0].o.key)
			list = list[1:]
		}
	}
	return total, len(c.objects)
}

// expire says until when an object is kept that no playlist lists.
func (c *cache) expire(key string, at time.Time) {
	if o := c.get(key); o != nil {
		o.mu.Lock()
		o.expires = at
		o.mu.Unlock()
	}
}
