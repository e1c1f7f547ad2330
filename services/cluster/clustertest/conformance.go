package clustertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/servicetest"
)

// Subject is an engine that is to conform.
type Subject struct {
	// Open returns another connection to the engine, and closes it when the test ends.
	Open func(t *testing.T) store.Engine
	// Stop has the Store answer nobody until Start. Nil skips what needs it.
	Stop, Start func(t *testing.T)
	// Wipe loses what is in the Store. It may stop the engine meanwhile. Nil skips what needs
	// it.
	Wipe func(t *testing.T)
}

// bounded is how long a call may take without a deadline of its own while the engine is away.
// It is far more than what engines promise, since the machine may be busy.
const bounded = 30 * time.Second

// Run runs the conformance suite: what every engine does alike.
func Run(t *testing.T, s Subject) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s Subject)
	}{
		{"what is put is got until it is deleted", putGetDelete},
		{"a write says which revision it replaces", compareAndSwap},
		{"one of many who create a key at once creates it", oneCreates},
		{"bad keys and big values are refused", refusals},
		{"a watch has a snapshot and then changes", watchSees},
		{"a watch ends with its context", watchEnds},
		{"a slow reader gets the latest entry of each key", slowReader},
		{"what is published reaches everybody once and in order", publishes},
		{"patterns match words", patterns},
		{"a subscription ends with its context", unsubscribes},
		{"a request is answered, or nobody answers", requests},
		{"who is too slow loses the oldest messages", dropsOldest},
		{"two never hold a lease", holds},
		{"a watch says that it is stale, and goes on", watchSurvivesStop},
		{"without an engine every call ends", unavailable},
		{"a watch survives the loss of the store", watchSurvivesWipe},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) { c.run(t, s) })
	}
}

// key returns a key of this test alone.
func key(t *testing.T, name string) string {
	t.Helper()
	return prefix(t) + name
}

// prefix returns the beginning of the keys and subjects of this test alone.
func prefix(t *testing.T) string {
	t.Helper()
	return "test." + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, t.Name()) + "."
}

// during is a context that ends with the test.
func during(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), servicetest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// must writes a value, and tries again while the engine is not there yet.
func must(t *testing.T, s store.Store, key, value string) cluster.Rev {
	t.Helper()
	var rev cluster.Rev
	servicetest.Await(t, key+" is written", func() bool {
		var err error
		rev, err = s.Put(during(t), key, []byte(value), nil)
		if err != nil && !errors.Is(err, cluster.ErrUnavailable) {
			t.Fatal(err)
		}
		return err == nil
	})
	return rev
}

// awaitValue waits until a key has a value; empty means that it is not there.
func awaitValue(t *testing.T, s store.Store, key, want string) cluster.Entry {
	t.Helper()
	var e cluster.Entry
	servicetest.Await(t, fmt.Sprintf("%s has the value %q", key, want), func() bool {
		var err error
		e, err = s.Get(during(t), key)
		if errors.Is(err, cluster.ErrNotFound) {
			return want == ""
		}
		return err == nil && string(e.Value) == want
	})
	return e
}

func putGetDelete(t *testing.T, s Subject) {
	a, b := s.Open(t).Store(), s.Open(t).Store()
	k := key(t, "k")
	if _, err := get(t, a, k); !errors.Is(err, cluster.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	first := must(t, a, k, "1")
	if e := awaitValue(t, b, k, "1"); e.Rev != first || e.Key != k || e.Deleted {
		t.Errorf("got %+v, want revision %d of %s", e, first, k)
	}
	second := must(t, b, k, "2")
	if second <= first {
		t.Errorf("got the revision %d after %d", second, first)
	}
	awaitValue(t, a, k, "2")
	for range 2 { // what is not there is deleted already
		if err := a.Delete(during(t), k, nil); err != nil {
			t.Fatal(err)
		}
	}
	awaitValue(t, b, k, "")
}

// get reads a key, and again while the engine is not there yet.
func get(t *testing.T, s store.Store, key string) (e cluster.Entry, err error) {
	t.Helper()
	servicetest.Await(t, "the engine answers", func() bool {
		e, err = s.Get(during(t), key)
		return !errors.Is(err, cluster.ErrUnavailable)
	})
	return e, err
}

func compareAndSwap(t *testing.T, s Subject) {
	st := s.Open(t).Store()
	k, zero := key(t, "k"), cluster.Rev(0)
	must(t, st, key(t, "other"), "x")
	first, err := st.Put(during(t), k, []byte("1"), &zero)
	if err != nil {
		t.Fatal(err)
	}
	conflict := func(what string, rev cluster.Rev) {
		t.Helper()
		if _, err := st.Put(during(t), k, []byte("bad"), &rev); !errors.Is(err, cluster.ErrConflict) {
			t.Errorf("%s: got %v, want ErrConflict", what, err)
		}
	}
	conflict("created twice", 0)
	second, err := st.Put(during(t), k, []byte("2"), &first)
	if err != nil || second <= first {
		t.Fatalf("got %d, %v, want a revision after %d", second, err, first)
	}
	conflict("written by an old revision", first)
	if err := st.Delete(during(t), k, &first); !errors.Is(err, cluster.ErrConflict) {
		t.Errorf("deleted by an old revision: got %v, want ErrConflict", err)
	}
	awaitValue(t, st, k, "2")
	if err := st.Delete(during(t), k, &second); err != nil {
		t.Fatal(err)
	}
	conflict("written by the revision before it was deleted", second)
	third, err := st.Put(during(t), k, []byte("3"), &zero)
	if err != nil || third <= second {
		t.Errorf("created after it was deleted: got %d, %v, want a revision after %d", third, err, second)
	}
	awaitValue(t, st, k, "3")
}

func oneCreates(t *testing.T, s Subject) {
	const many = 8
	k, zero := key(t, "k"), cluster.Rev(0)
	errs := make(chan error, many)
	var stores []store.Store
	for range many {
		e := s.Open(t)
		servicetest.Await(t, "the engine is well", func() bool { return e.Health() == nil })
		stores = append(stores, e.Store())
	}
	for i, st := range stores {
		go func() {
			_, err := st.Put(during(t), k, fmt.Append(nil, i), &zero)
			errs <- err
		}()
	}
	created := 0
	for range many {
		switch err := <-errs; {
		case err == nil:
			created++
		case !errors.Is(err, cluster.ErrConflict):
			t.Errorf("got %v, want ErrConflict", err)
		}
	}
	if created != 1 {
		t.Errorf("%d have created it, want 1", created)
	}
}

func refusals(t *testing.T, s Subject) {
	st := s.Open(t).Store()
	for _, k := range []string{"", "a.", ".a", "a..b", "a b", "a.*", "a.>", strings.Repeat("a", 300)} {
		_, put := st.Put(during(t), k, nil, nil)
		_, got := st.Get(during(t), k)
		for _, err := range []error{put, got, st.Delete(during(t), k, nil)} {
			if !errors.Is(err, store.ErrKey) {
				t.Errorf("key %q: got %v, want ErrKey", k, err)
			}
		}
	}
	if _, err := st.Put(during(t), key(t, "k"), make([]byte, store.ValueMost+1), nil); !errors.Is(err, store.ErrValue) {
		t.Errorf("got %v, want ErrValue", err)
	}
	must(t, st, key(t, "k"), strings.Repeat("x", store.ValueMost))
}
