package clustertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/servicetest"
)

// Watchman checks that no two hold a lease, and that the fence rises. Safe for concurrent
// use.
type Watchman struct {
	mu     sync.Mutex
	holder string      // empty for nobody
	fence  cluster.Rev // of the last holder
	terms  int
	broken []string
}

// Work is the work of a holder: it ends with its context.
func (w *Watchman) Work(name string) func(ctx context.Context, fence cluster.Rev) error {
	return func(ctx context.Context, fence cluster.Rev) error {
		w.mu.Lock()
		if w.holder != "" {
			w.broken = append(w.broken, fmt.Sprintf("%s and %s hold it", w.holder, name))
		}
		if fence <= w.fence {
			w.broken = append(w.broken, fmt.Sprintf("%s has the fence %d after %d", name, fence, w.fence))
		}
		w.holder, w.fence = name, fence
		w.terms++
		w.mu.Unlock()
		<-ctx.Done()
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.holder == name {
			w.holder = ""
		}
		return ctx.Err()
	}
}

// Holder is who holds it, and Terms how often somebody has begun to.
func (w *Watchman) Holder() (name string, terms int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.holder, w.terms
}

// Broken is what must not have happened.
func (w *Watchman) Broken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

// lease is the length of the leases of tests: so long that a busy machine renews them.
const lease = 3 * time.Second

func holds(t *testing.T, s Subject) {
	k := key(t, "lease")
	var w Watchman
	cancels := map[string]context.CancelFunc{}
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	for i := range 3 {
		name := fmt.Sprintf("m%d", i)
		ctx, cancel := context.WithCancel(during(t))
		t.Cleanup(cancel)
		cancels[name] = cancel
		st := s.Open(t).Store()
		running.Go(func() {
			if err := store.Hold(ctx, st, k, name, lease, w.Work(name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	for term := range 3 {
		servicetest.Await(t, "somebody holds it", func() bool { name, terms := w.Holder(); return name != "" && terms > term })
		if term < 2 { // the last one has nobody to follow
			name, _ := w.Holder()
			if stop := cancels[name]; stop != nil {
				stop()
			}
		}
	}
	for _, broken := range w.Broken() {
		t.Error(broken)
	}
}
