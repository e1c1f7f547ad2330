package local

import (
	"context"

	"livestream-tui/procs/platform"
)

// subscriberMost is how many events a subscriber may be behind.
const subscriberMost = 1024

// subscriber is one reader of events: publishers fill its queue under the platform's lock,
// and a goroutine passes the events on at the reader's pace.
type subscriber struct {
	queue queue         // guarded by Local.mu
	wake  chan struct{} // has room for one: look at the queue again
}

func (s *subscriber) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Subscribe implements platform.Platform. It fails only when ctx is cancelled. After the
// platform has ended, the channel still delivers what is in the queue; a reader that stops
// earlier must cancel ctx.
func (l *Local) Subscribe(ctx context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	s := &subscriber{queue: queue{most: subscriberMost}, wake: make(chan struct{}, 1)}
	out := make(chan platform.Event)
	if err := ctx.Err(); err != nil {
		close(out)
		return l.Now(), out, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subscribers[s] = true
	go l.pass(ctx, s, out)
	return l.snapshot(), out, nil
}

// publish queues e for every subscriber. It never blocks. Needs mu.
func (l *Local) publish(e platform.Event) {
	if status := e.Status(); status != nil {
		l.own.changed(*status, e.Time)
	}
	l.chronicle.Add(e)
	for s := range l.subscribers {
		s.queue.push(e)
		s.wakeUp()
	}
}

// pass sends the events of s to out until ctx is cancelled or there will be no more.
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

// next returns the next event of s. ended reports that there will be no more once the queue
// is empty.
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

// EndSubscriptions closes every subscription once its queue has been read.
func (l *Local) EndSubscriptions() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for s := range l.subscribers {
		s.wakeUp()
	}
}

// Subscribers returns the number of subscriptions.
func (l *Local) Subscribers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.subscribers)
}
