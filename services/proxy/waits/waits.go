package waits

import (
	"sync"
	"time"
)

// Waits are the waits of players for their next byte. The zero value is ready to use.
// Safe for concurrent use.
type Waits struct {
	mu   sync.Mutex
	next int               // number of the next wait; guarded by mu
	open map[int]time.Time // begin of each wait, by number; guarded by mu
	past []wait            // newest last; guarded by mu
}

type wait struct{ from, to time.Time }

// kept is how long a wait is remembered after its end.
const kept = 30 * time.Second

// Begin notes that a player waits from now on; the result ends the wait.
func (w *Waits) Begin() (end func()) {
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

// Any reports whether a player waits.
func (w *Waits) Any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.open) > 0
}

// Gap is the longest wait that overlaps the time from fault to switched, negative when
// there is no such wait. open counts the waits that have not ended; they last until now.
func (w *Waits) Gap(fault, switched, now time.Time) (longest time.Duration, open int) {
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
