package kv

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/store"
)

const (
	// keepPeriod is how often the engine is asked how it is.
	keepPeriod = time.Second
	// hurry is the time to the next try after one that failed.
	hurry = 100 * time.Millisecond
	// replicasMost is the most copies of the Store.
	replicasMost = 5
)

// Engine is the engine with its Store, over a connection.
type Engine struct {
	conn     *bus.Conn
	replicas int
	wake     chan struct{} // has room for one; a token has the bucket looked for at once

	cancel context.CancelFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	health error // guarded by mu
}

var (
	_ store.Engine = (*Engine)(nil)
	_ store.Store  = (*Engine)(nil)
)

// Dial returns the engine that c names, whether it is reached or not, with one copy of the
// Store for each engine of c. name is that of the process, for the engine's log. The error is
// a key or a certificate that cannot be read.
func Dial(c bus.Config, name string, log hclog.Logger) (store.Engine, error) {
	conn, err := bus.Dial(c, name, log)
	if err != nil {
		return nil, err
	}
	return Open(conn, 0), nil
}

// Open returns the engine behind a connection. Its bucket is made in the background where it
// is absent, with that many copies; zero means one for each engine of the connection. Call
// Close in the end, which closes the connection too.
func Open(conn *bus.Conn, replicas int) *Engine {
	if replicas <= 0 {
		replicas = conn.Engines()
	}
	replicas = min(replicas, replicasMost)
	if replicas%2 == 0 {
		replicas--
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &Engine{
		conn: conn, replicas: max(replicas, 1), wake: make(chan struct{}, 1), cancel: cancel,
		health: fmt.Errorf("store: %w: not reached yet", cluster.ErrUnavailable),
	}
	e.work.Go(func() { e.keep(ctx) })
	return e
}

// Store implements store.Engine.
func (e *Engine) Store() store.Store { return e }

// Bus implements store.Engine.
func (e *Engine) Bus() cluster.Bus { return e.conn }

// Health implements store.Engine. It is what the engine said a second ago.
func (e *Engine) Health() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.health
}

// Close implements store.Engine. Watches end with their own context.
func (e *Engine) Close() error {
	e.cancel()
	err := e.conn.Close()
	e.work.Wait()
	return err
}

// look has the bucket looked for at once. It does not wait.
func (e *Engine) look() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// keep makes the bucket where it is absent, and keeps Health up to date, until ctx is
// cancelled.
func (e *Engine) keep(ctx context.Context) {
	for {
		changed := e.conn.Changed()
		i, err := e.info(ctx, "")
		switch {
		case isCode(err, codeNoStream):
			err = e.create(ctx)
		case err == nil && i.Config.Replicas < e.replicas:
			_ = e.multiply(ctx) // it works meanwhile, and is tried again
		}
		e.mu.Lock()
		e.health = err
		e.mu.Unlock()
		pause(ctx, hurry) // however often it is asked to look
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-e.wake:
		case <-time.After(keepPeriod - hurry):
		}
	}
}

// pause waits for d, or until ctx is cancelled.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
