package proxy

import (
	"sync"
	"time"
)

// waits tells how long players waited for their next byte, so that a failover's
// gap is what they saw of it and not when a line was logged. Safe for concurrent
// use.
type waits struct {
	mu   sync.Mutex
	next int               // guarded by mu
	open map[int]time.Time // since when, by number; guarded by mu
	past []wait            // newest last; guarded by mu
}

type wait struct{ from, to time.Time }

// kept is how long a wait is remembered.
const kept = 30 * time.Second

// begin notes that a player waits from now on; the result ends the wait.
func (w *waits) begin() (end func()) {
	from := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[int]time.Time{}
	}
	n := w.next
	w.next++
	w.open[n] = from
	return func() {
		to := time.Now()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, n)
		for len(w.past) > 0 && to.Sub(w.past[0].to) > kept {
			w.past = w.past[1:]
		}
		w.past = append(w.past, wait{from, to})
	}
}

// any reports whether a player waits.
func (w *waits) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.open) > 0
}

// gap is the longest that a player waited for whom the time from fault to switched
// was part of the wait; negative when nobody did. open is how many of them wait
// still, with their wait up to now.
func (w *waits) gap(fault, switched, now time.Time) (longest time.Duration, open int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	longest = -1
	for _, p := range w.past {
		if !p.to.Before(fault) && !p.from.After(switched) {
			longest = max(longest, p.to.Sub(p.from))
		}
	}
	for _, from := range w.open {
		if !from.After(switched) {
			longest = max(longest, now.Sub(from))
			open++
		}
	}
	return longest, open
}
