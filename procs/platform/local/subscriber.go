package local

import (
	"context"

	"livestream-tui/procs/platform"
)

// subscriber is one reader of events: a queue that publishers fill under the
// platform's lock, and a goroutine that passes it on at the reader's pace.
type subscriber struct {
	queue queue         // guarded by Local.mu
	wake  chan struct{} // holds one: something is to be looked at
}

func (s *subscriber) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it has been told already
	}
}

// Subscribe implements platform.Platform. It does not fail. After the platform has ended the channel still
// gives what is in the queue; ctx must be cancelled by a reader who goes earlier.
func (l *Local) Subscribe(ctx context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	s := &subscriber{queue: queue{most: QueueMost}, wake: make(chan struct{}, 1)}
	out := make(chan platform.Event)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subscribers[s] = true
	go l.pass(ctx, s, out)
	return l.snapshot(), out, nil
}

// publish gives e to every subscriber. It never blocks. Needs mu.
func (l *Local) publish(e platform.Event) {
	for s := range l.subscribers {
		s.queue.push(e)
		s.wakeUp()
	}
}

// pass hands s's events to out until ctx is cancelled or there will be no more.
func (l *Local) pass(ctx context.Context, s *subscriber, out chan<- platform.Event) {
	defer close(out)
	defer l.forget(s)
	for {
		e, ok, ended := l.next(s)
		switch {
		case ok:
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		case ended:
			return
		default:
			select {
			case <-s.wake:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (l *Local) next(s *subscriber) (e platform.Event, ok, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok = s.queue.pop()
	return e, ok, l.ended
}

func (l *Local) forget(s *subscriber) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.subscribers, s)
}

// Subscribers returns how many subscriptions there are.
func (l *Local) Subscribers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.subscribers)
}
