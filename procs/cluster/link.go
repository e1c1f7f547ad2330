package cluster

import (
	"context"
	"slices"
	"sync"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

// link is a Bus and a Store over an engine that may be replaced: its subscriptions and
// watches outlive each. Safe for concurrent use.
type link struct {
	mu     sync.Mutex
	urls   []string
	engine store.Engine  // nil before the first and after the end; guarded by mu
	next   chan struct{} // closed when the engine is replaced; guarded by mu
	work   sync.WaitGroup
}

func newLink() *link { return &link{next: make(chan struct{})} }

// to replaces the engine by that at other addresses. The error is that of open; then the
// engine stays.
func (l *link) to(urls []string, open func() (store.Engine, error)) error {
	l.mu.Lock()
	same := l.engine != nil && slices.Equal(l.urls, urls) || len(urls) == 0
	l.mu.Unlock()
	if same {
		return nil
	}
	engine, err := open()
	if err != nil {
		return err
	}
	l.replace(urls, engine)
	return nil
}

func (l *link) replace(urls []string, engine store.Engine) {
	l.mu.Lock()
	before := l.engine
	l.urls, l.engine = urls, engine
	close(l.next)
	l.next = make(chan struct{})
	l.mu.Unlock()
	if before != nil {
		_ = before.Close() // what was lost with it is sent again, or was not to be relied on
	}
}

// close ends the connection. Subscriptions end with their contexts.
func (l *link) close() { l.replace(nil, nil) }

// now returns the engine, and a channel that is closed when there is another.
func (l *link) now() (store.Engine, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.engine, l.next
}

// each calls do with each engine, and a context that ends with it, until ctx is cancelled.
func (l *link) each(ctx context.Context, do func(ctx context.Context, e store.Engine)) {
	for ctx.Err() == nil {
		engine, next := l.now()
		with, cancel := context.WithCancel(ctx)
		var work sync.WaitGroup
		if engine != nil {
			work.Go(func() { do(with, engine) })
		}
		select {
		case <-ctx.Done():
		case <-next:
		}
		cancel()
		work.Wait()
	}
}

// Health implements store.Engine's.
func (l *link) Health() error {
	if e, _ := l.now(); e != nil {
		return e.Health()
	}
	return cluster.ErrUnavailable
}

// reached reports whether an engine is connected, whether it has a quorum or not.
func (l *link) reached() bool {
	e, _ := l.now()
	if e == nil {
		return false
	}
	if c, is := e.Bus().(interface{ Connected() bool }); is {
		return c.Connected()
	}
	return e.Health() == nil
}

// Publish implements cluster.Bus.
func (l *link) Publish(subject string, data []byte) error {
	if e, _ := l.now(); e != nil {
		return e.Bus().Publish(subject, data)
	}
	return cluster.ErrUnavailable
}

// Subscribe implements cluster.Bus.
func (l *link) Subscribe(ctx context.Context, pattern string, take func(cluster.Msg)) error {
	if err := cluster.CheckPattern(pattern); err != nil {
		return err
	}
	go l.each(ctx, func(ctx context.Context, e store.Engine) {
		_ = e.Bus().Subscribe(ctx, pattern, take) // the pattern is right
	})
	return nil
}

// Request implements cluster.Bus.
func (l *link) Request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	if e, _ := l.now(); e != nil {
		return e.Bus().Request(ctx, subject, data)
	}
	return nil, cluster.ErrUnavailable
}

// Get implements cluster.Reader.
func (l *link) Get(ctx context.Context, key string) (cluster.Entry, error) {
	if e, _ := l.now(); e != nil {
		return e.Store().Get(ctx, key)
	}
	return cluster.Entry{}, cluster.ErrUnavailable
}

// Put implements store.Store.
func (l *link) Put(ctx context.Context, key string, value []byte, ifRev *cluster.Rev) (cluster.Rev, error) {
	if e, _ := l.now(); e != nil {
		return e.Store().Put(ctx, key, value, ifRev)
	}
	return 0, cluster.ErrUnavailable
}

// Delete implements store.Store.
func (l *link) Delete(ctx context.Context, key string, ifRev *cluster.Rev) error {
	if e, _ := l.now(); e != nil {
		return e.Store().Delete(ctx, key, ifRev)
	}
	return cluster.ErrUnavailable
}

// Watch implements cluster.Reader.
func (l *link) Watch(ctx context.Context, prefix string) <-chan cluster.Update {
	out := make(chan cluster.Update)
	go func() {
		defer close(out)
		l.each(ctx, func(ctx context.Context, e store.Engine) {
			for u := range e.Store().Watch(ctx, prefix) {
				select {
				case out <- u:
				case <-ctx.Done():
					return
				}
			}
		})
	}()
	return out
}
