package fetch

import (
	"slices"
	"sync"
	"time"
)

const (
	// silence is how long an answer may stand still before its packager counts as
	// failed.
	silence = time.Second
	// firstByteLeast is the shortest first-byte timer.
	firstByteLeast = 200 * time.Millisecond
)

// waits are how long a packager's last answers took to their first byte. Safe for
// concurrent use.
type waits struct {
	mu    sync.Mutex
	last  [64]time.Duration // guarded by mu
	count int               // guarded by mu
}

// note notes that an answer took so long.
func (w *waits) note(wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last[w.count%len(w.last)] = wait
	w.count++
}

// firstByte is how long to wait for a first byte before a peer is asked as well:
// twice the 95th percentile of the last answers.
func (w *waits) firstByte() time.Duration {
	w.mu.Lock()
	list := slices.Clone(w.last[:min(w.count, len(w.last))])
	w.mu.Unlock()
	if len(list) == 0 {
		return firstByteLeast
	}
	slices.Sort(list)
	return min(max(2*list[len(list)*95/100], firstByteLeast), silence)
}
