package bus

import (
	"context"
	"sync"
	"sync/atomic"
)

// The most that a queue holds: messages, and bytes of them.
const (
	queueMost      = 1024
	queueBytesMost = 8 << 20
)

// Queue holds messages for one reader. Where it is full, the oldest make room. Safe for
// concurrent use.
type Queue[T any] struct {
	size    func(T) int
	dropped *atomic.Uint64
	wake    chan struct{} // has room for one; a token says that there may be messages

	mu    sync.Mutex
	list  []T // guarded by mu
	bytes int // guarded by mu
}

// NewQueue returns an empty queue of messages with that size, which counts those that it
// drops.
func NewQueue[T any](size func(T) int, dropped *atomic.Uint64) *Queue[T] {
	return &Queue[T]{size: size, dropped: dropped, wake: make(chan struct{}, 1)}
}

// Put adds a message. It never waits.
func (q *Queue[T]) Put(m T) {
	q.mu.Lock()
	q.list = append(q.list, m)
	q.bytes += q.size(m)
	for len(q.list) > queueMost || len(q.list) > 1 && q.bytes > queueBytesMost {
		q.removeOldest()
		q.dropped.Add(1)
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// removeOldest needs mu.
func (q *Queue[T]) removeOldest() T {
	var none T
	m := q.list[0]
	q.list[0] = none
	q.list = q.list[1:]
	q.bytes -= q.size(m)
	if len(q.list) == 0 {
		q.list = nil
	}
	return m
}

// Each calls take with each message, until ctx is cancelled.
func (q *Queue[T]) Each(ctx context.Context, take func(T)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		}
		for ctx.Err() == nil {
			q.mu.Lock()
			if len(q.list) == 0 {
				q.mu.Unlock()
				break
			}
			m := q.removeOldest()
			q.mu.Unlock()
			take(m)
		}
	}
}
