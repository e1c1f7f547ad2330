package input

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// After a failure that may heal by itself, such as a full disk, the next attempt
	// comes after retryFirst, then after twice as long each time up to RetryMost.
	retryFirst = time.Second
	// RetryMost is the longest pause of a Backoff, without the jitter.
	RetryMost = 10 * time.Second
	jitter    = 0.2
)

// Backoff is the pause between two attempts. The zero value is ready.
type Backoff struct{ last time.Duration }

// Pause waits, longer each time, and returns false when ctx is cancelled.
func (b *Backoff) Pause(ctx context.Context) bool {
	b.last = min(max(2*b.last, retryFirst), RetryMost)
	select {
	case <-ctx.Done():
		return false
	case <-time.After(Jitter(b.last)):
		return true
	}
}

// Jitter makes a wait longer, by a fifth at most, so that not all attempts come at once.
func Jitter(d time.Duration) time.Duration {
	return d + time.Duration(float64(d)*jitter*rand.Float64())
}
