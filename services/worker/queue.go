package worker

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Films are made two at a time, so that a long one never keeps a short one waiting. Of
// the long ones whose beginning is on air already, one is made at a time.
const (
	makersMost = 2
	lastMost   = 1
)

// probesMost is how many films are probed at a time.
const probesMost = 2

// work is the making of a mezzanine.
type work struct {
	id   int64 // tells one from another
	file string
	// length is that of what is made: the shortest comes first.
	length time.Duration
	// last: the rest of a film whose beginning is on air. It comes after all others.
	last bool
}

func (w work) before(o work) int {
	switch {
	case w.last != o.last && o.last:
		return -1
	case w.last != o.last:
		return 1
	case w.length != o.length:
		return int(min(max(w.length-o.length, -1), 1))
	case w.file < o.file:
		return -1
	}
	return 1
}

// queue is the order in which mezzanines are made. Pure; not safe for concurrent use.
type queue struct {
	waiting []work
	making  []work
	// expected is how many films are about to come, of a length that is not known yet.
	expected int
}

func (q *queue) add(w work) { q.waiting = append(q.waiting, w) }

// drop takes work out, whether it waits or is being made.
func (q *queue) drop(w work) {
	for _, list := range []*[]work{&q.waiting, &q.making} {
		if i := slices.Index(*list, w); i >= 0 {
			*list = slices.Delete(*list, i, i+1)
			return
		}
	}
}

// take returns what is to be begun now, and false for nothing. While others are
// expected only short ones begin: there may be a shorter one among them.
func (q *queue) take() (work, bool) {
	if len(q.making) >= makersMost || len(q.waiting) == 0 {
		return work{}, false
	}
	next := slices.MinFunc(q.waiting, work.before)
	last := 0
	for _, w := range q.making {
		if w.last {
			last++
		}
	}
	if next.last && last >= lastMost || q.expected > 0 && (next.last || next.length > soon) {
		return work{}, false
	}
	q.drop(next)
	q.making = append(q.making, next)
	return next, true
}

// soon is the length up to which a film is begun while others are expected.
const soon = 30 * time.Second

// turns has callers wait for their turn in a queue. Safe for concurrent use.
type turns struct {
	probes chan struct{} // holds a token for each probe under way

	mu     sync.Mutex
	queue  queue                   // guarded by mu
	newest int64                   // the newest work's id; guarded by mu
	admits map[int64]chan struct{} // of what waits, by id, closed when its turn has come; guarded by mu
}

func newTurns() *turns {
	return &turns{probes: make(chan struct{}, probesMost), admits: map[int64]chan struct{}{}}
}

// expect notes that a film is about to come, of a length that is not known yet. The
// caller calls known when its work has been entered, or when there will be none.
func (t *turns) expect() (known func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue.expected++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.queue.expected--
		t.admit()
	})
}

// probe waits until a film may be probed; the caller calls done afterwards.
func (t *turns) probe(ctx context.Context) (done func(), err error) {
	select {
	case t.probes <- struct{}{}:
		return sync.OnceFunc(func() { <-t.probes }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// enter puts work into the queue; wait waits for its turn, which ends with leave.
func (t *turns) enter(w work) (wait func(context.Context) error, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	admitted := make(chan struct{})
	t.newest++
	w.id = t.newest
	t.admits[w.id] = admitted
	t.queue.add(w)
	t.admit()
	wait = func(ctx context.Context) error {
		select {
		case <-admitted:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return wait, sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.admits, w.id)
		t.queue.drop(w)
		t.admit()
	})
}

// admit admits all whose turn it is. Needs mu.
func (t *turns) admit() {
	for {
		w, ok := t.queue.take()
		if !ok {
			return
		}
		close(t.admits[w.id])
		delete(t.admits, w.id)
	}
}
