package upstream

import (
	"slices"
	"sync"
	"time"
)

const (
	// Silence is how long an answer may stand still before its packager counts as
	// failed.
	Silence = time.Second
	// firstByteLeast is the shortest first-byte timer.
	firstByteLeast = 200 * time.Millisecond
)

// firstBytes holds how long a packager's last answers took to their first byte. Safe for
// concurrent use.
type firstBytes struct {
	mu    sync.Mutex
	last  [64]time.Duration // guarded by mu
	count int               // guarded by mu
}

// note adds the wait of one answer.
func (b *firstBytes) note(wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last[b.count%len(b.last)] = wait
	b.count++
}

// limit is how long to wait for a first byte before a peer is asked as well:
// twice the 95th percentile of the last answers.
func (b *firstBytes) limit() time.Duration {
	b.mu.Lock()
	list := slices.Clone(b.last[:min(b.count, len(b.last))])
	b.mu.Unlock()
	if len(list) == 0 {
		return firstByteLeast
	}
	slices.Sort(list)
	return min(max(2*list[len(list)*95/100], firstByteLeast), Silence)
}
