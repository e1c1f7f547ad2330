package fetch

import (
	"sync"
	"sync/atomic"
)

const (
	// playersFetches is how many fetches of what nothing lists run at once.
	playersFetches = 128
	// small is what a fetch may have though the limit is reached, as long as that is
	// passed by no more than a twentieth: a key is not to wait for room.
	small = 64 << 10
)

// Budget is the account of the memory that objects hold, those under way included,
// and of how many fetches run for players at once. Safe for concurrent use.
type Budget struct {
	limit int64
	full  func(excess int64) // asked to free so many bytes
	used  atomic.Int64
	slots chan struct{}
	mu    sync.Mutex // held while room is made
}

// NewBudget returns an account of limit bytes. Full is called, from any goroutine
// but never twice at once, when it would be passed, to make room for so many bytes;
// nil for none.
func NewBudget(limit int64, full func(excess int64)) *Budget {
	return &Budget{limit: limit, full: full, slots: make(chan struct{}, playersFetches)}
}

// Used is how many bytes are held.
func (b *Budget) Used() int64 { return b.used.Load() }

// TryAdd takes n bytes, if there is room for them or room can be made.
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

// Add takes n bytes whatever the limit is, and makes what room it can.
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
	if excess := b.used.Load() + n - b.limit; excess > 0 { // else another has made room meanwhile
		b.full(excess)
	}
}

// enter takes one of the slots for players' fetches; nil when all are taken.
func (b *Budget) enter() (leave func()) { return take(b.slots) }
