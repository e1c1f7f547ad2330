package queue

import (
	"context"
	"sync"
)

// probesMost is how many films are probed at a time.
const probesMost = 2

// Queue has callers wait for their turn. Safe for concurrent use.
type Queue struct {
	probes chan struct{} // holds a token for each probe under way

	mu     sync.Mutex
	order  order                   // guarded by mu
	newest int64                   // the newest work's id; guarded by mu
	admits map[int64]chan struct{} // by the id of work that waits, closed when its turn comes; guarded by mu
}

// New returns an empty queue.
func New() *Queue {
	return &Queue{probes: make(chan struct{}, probesMost), admits: map[int64]chan struct{}{}}
}

// Expect notes that a film is about to come, of a length that is not known yet. The
// caller calls known once its work has been entered, or when there will not be any.
func (q *Queue) Expect() (known func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.order.expected++
	return sync.OnceFunc(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.order.expected--
		q.admit()
	})
}

// Probe waits until a film may be probed; the caller calls done afterwards.
func (q *Queue) Probe(ctx context.Context) (done func(), err error) {
	select {
	case q.probes <- struct{}{}:
		return sync.OnceFunc(func() { <-q.probes }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Enter puts work into the queue. The function wait waits for its turn, which ends with
// leave.
func (q *Queue) Enter(w Work) (wait func(context.Context) error, leave func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	admitted := make(chan struct{})
	q.newest++
	w.id = q.newest
	q.admits[w.id] = admitted
	q.order.add(w)
	q.admit()
	wait = func(ctx context.Context) error {
		select {
		case <-admitted:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return wait, sync.OnceFunc(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.admits, w.id)
		q.order.drop(w)
		q.admit()
	})
}

// admit admits all work whose turn it is. The caller must hold mu.
func (q *Queue) admit() {
	for {
		w, ok := q.order.take()
		if !ok {
			return
		}
		close(q.admits[w.id])
		delete(q.admits, w.id)
	}
}
