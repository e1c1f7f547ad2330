package object

import (
	"sync"
	"sync/atomic"
)

const (
	// PlayersFetches is how many fetches of unlisted resources may run at the same time.
	PlayersFetches = 128
	// small is how much a fetch may take although the limit is reached, as long as the
	// limit is exceeded by a twentieth at most: a key must not wait for room.
	small = 64 << 10
)

// Budget is the account of the memory that objects take, including those under way, and
// of the fetches that run for players. Safe for concurrent use.
type Budget struct {
	limit int64
	full  func(excess int64) // frees so many bytes
	used  atomic.Int64
	slots atomic.Int64
	mu    sync.Mutex // held while room is made
}

// NewBudget returns an account of limit bytes. full makes room for so many bytes when the
// limit would be exceeded. It is called from any goroutine, but never twice at the same
// time; nil is allowed.
func NewBudget(limit int64, full func(excess int64)) *Budget {
	return &Budget{limit: limit, full: full}
}

// Used is how many bytes are taken.
func (b *Budget) Used() int64 { return b.used.Load() }

// TryAdd takes n bytes if there is room for them or room can be made.
func (b *Budget) TryAdd(n int64) bool {
	if b.fits(n) {
		return true
	}
	b.makeRoom(n)
	return b.fits(n)
}

// fits takes n bytes if that is within the limit.
func (b *Budget) fits(n int64) bool {
	limit := b.limit
	if n <= small {
		limit += limit / 20
	}
	for {
		used := b.used.Load()
		if used+n > limit {
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Add takes n bytes in any case, and makes room as far as it can.
func (b *Budget) Add(n int64) {
	if b.used.Add(n) > b.limit {
		b.makeRoom(0)
	}
}

// Sub gives n bytes back.
func (b *Budget) Sub(n int64) { b.used.Add(-n) }

func (b *Budget) makeRoom(n int64) {
	if b.full == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if excess := b.used.Load() + n - b.limit; excess > 0 { // else another caller has made room
		b.full(excess)
	}
}

// enter takes one of the slots for players' fetches; nil when all are taken.
func (b *Budget) enter() (leave func()) {
	for {
		n := b.slots.Load()
		if n >= PlayersFetches {
			return nil
		}
		if b.slots.CompareAndSwap(n, n+1) {
			break
		}
	}
	return sync.OnceFunc(func() { b.slots.Add(-1) })
}
