package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
)

const (
	leaseKey = "lease.test"
	length   = 3 * time.Second
)

// contend has one contend for the lease until the context ends, and returns what it waits for
// in the end.
func contend(ctx context.Context, t *testing.T, s store.Store, w *clustertest.Watchman, name string) func() {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- store.Hold(ctx, s, leaseKey, name, length, w.Work(name)) }()
	return func() {
		if err := <-done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALeaseThatIsGivenBackIsTakenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := clustertest.NewMemory()
		var w clustertest.Watchman
		ctx, cancel := context.WithCancel(t.Context())
		first, stop := context.WithCancel(ctx)
		defer contend(first, t, m.Open(), &w, "a")()
		time.Sleep(2 * length)
		defer contend(ctx, t, m.Open(), &w, "b")()
		time.Sleep(10 * length)
		if name, terms := w.Holder(); name != "a" || terms != 1 {
			t.Errorf("got %q after %d terms, want a, who keeps it", name, terms)
		}
		stop()
		time.Sleep(length / 5)
		if name, _ := w.Holder(); name != "b" {
			t.Errorf("got %q, want b at once", name)
		}
		cancel()
		broken(t, &w)
	})
}

func broken(t *testing.T, w *clustertest.Watchman) {
	t.Helper()
	for _, b := range w.Broken() {
		t.Error(b)
	}
}

func TestAHolderThatIsCutOffLetsGoBeforeAnotherTakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := clustertest.NewMemory()
		var w clustertest.Watchman
		ctx, cancel := context.WithCancel(t.Context())
		a := m.Open()
		defer contend(ctx, t, a, &w, "a")()
		time.Sleep(2 * length)
		defer contend(ctx, t, m.Open(), &w, "b")()
		time.Sleep(length)
		a.Cut()
		time.Sleep(length * 7 / 10)
		if name, _ := w.Holder(); name == "a" {
			t.Error("a holds it after two thirds of a lease without the store")
		}
		time.Sleep(length)
		if name, _ := w.Holder(); name != "b" {
			t.Errorf("got %q, want b", name)
		}
		a.Heal()
		time.Sleep(5 * length)
		if name, terms := w.Holder(); name != "b" || terms != 2 {
			t.Errorf("got %q after %d terms, want b, who keeps it", name, terms)
		}
		cancel()
		broken(t, &w)
	})
}

// Whoever finds the Store empty may have lost it: another may still hold the lease.
func TestTwoDoNotHoldWhatWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := clustertest.NewMemory()
		var w clustertest.Watchman
		ctx, cancel := context.WithCancel(t.Context())
		for _, name := range []string{"a", "b", "c"} {
			defer contend(ctx, t, m.Open(), &w, name)()
		}
		for i := range 3 {
			time.Sleep(3 * length)
			if name, _ := w.Holder(); name == "" {
				t.Error("nobody holds it")
			}
			m.Wipe()
			put := m.Open() // so that fences rise after the loss, too
			for range 1000 * (i + 1) {
				if _, err := put.Put(ctx, "other", nil, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		cancel()
		for _, b := range w.Broken() {
			t.Error(b)
		}
	})
}

// forgetful is a store whose writes seem to fail although they are done.
type forgetful struct {
	*clustertest.Connection
	fails atomic.Bool
}

func (f *forgetful) Put(ctx context.Context, key string, value []byte, rev *cluster.Rev) (cluster.Rev, error) {
	got, err := f.Connection.Put(ctx, key, value, rev)
	if f.fails.Load() && err == nil {
		return 0, cluster.ErrUnavailable
	}
	return got, err
}

func TestAHolderKeepsALeaseWhoseRenewalOnlySeemedToFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{Connection: clustertest.NewMemory().Open()}
		var w clustertest.Watchman
		ctx, cancel := context.WithCancel(t.Context())
		defer contend(ctx, t, f, &w, "a")()
		time.Sleep(2*length + length/6)
		f.fails.Store(true)
		time.Sleep(length / 3)
		f.fails.Store(false)
		time.Sleep(3 * length)
		if name, terms := w.Holder(); name != "a" || terms != 1 {
			t.Errorf("got %q after %d terms, want a in its first", name, terms)
		}
		cancel()
	})
}

func TestHoldEndsWithItsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := errors.New("done")
		err := store.Hold(t.Context(), clustertest.NewMemory().Open(), leaseKey, "a", length, func(context.Context, cluster.Rev) error { return want })
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	})
}
