package clustertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/servicetest"
)

// View is what the reader of a watch knows.
type View struct {
	Values    map[string]string
	Snapshots int
	Stale     error
}

// Take takes an update in.
func (v *View) Take(u cluster.Update) {
	v.Stale = u.Stale
	if u.Stale != nil {
		return
	}
	if u.Snapshot || v.Values == nil {
		v.Values = map[string]string{}
	}
	if u.Snapshot {
		v.Snapshots++
	}
	for _, e := range u.Entries {
		if e.Deleted {
			delete(v.Values, e.Key)
		} else {
			v.Values[e.Key] = string(e.Value)
		}
	}
}

// Until reads updates until is returns true.
func (v *View) Until(t *testing.T, ch <-chan cluster.Update, what string, is func() bool) {
	t.Helper()
	limit := time.NewTimer(servicetest.Patience)
	defer limit.Stop()
	for !is() {
		select {
		case u, ok := <-ch:
			if !ok {
				t.Fatalf("the watch has ended before: %s", what)
			}
			v.Take(u)
		case <-limit.C:
			t.Fatalf("never happened: %s; it knows %v, stale: %v", what, v.Values, v.Stale)
		}
	}
}

// Has reads updates until it knows just these values, of a Store that answers.
func (v *View) Has(t *testing.T, ch <-chan cluster.Update, want map[string]string) {
	t.Helper()
	v.Until(t, ch, fmt.Sprintf("the watch knows %v", want), func() bool {
		return v.Snapshots > 0 && v.Stale == nil && maps.Equal(v.Values, want)
	})
}

func watchSees(t *testing.T, s Subject) {
	writer := s.Open(t).Store()
	p := prefix(t)
	must(t, writer, p+"in.a", "1")
	must(t, writer, p+"in.gone", "1")
	must(t, writer, p+"out", "1")
	if err := writer.Delete(during(t), p+"in.gone", nil); err != nil {
		t.Fatal(err)
	}
	var v View
	ch := s.Open(t).Store().Watch(during(t), p+"in.")
	v.Has(t, ch, map[string]string{p + "in.a": "1"})
	must(t, writer, p+"in.b.c", "2")
	must(t, writer, p+"in.a", "3")
	must(t, writer, p+"out", "2")
	v.Has(t, ch, map[string]string{p + "in.a": "3", p + "in.b.c": "2"})
	if err := writer.Delete(during(t), p+"in.a", nil); err != nil {
		t.Fatal(err)
	}
	v.Has(t, ch, map[string]string{p + "in.b.c": "2"})
	var none View
	none.Has(t, writer.Watch(during(t), p+"nothing."), map[string]string{})
	var part View // of a word
	part.Has(t, writer.Watch(during(t), p+"ou"), map[string]string{p + "out": "2"})
}

func watchEnds(t *testing.T, s Subject) {
	ctx, cancel := context.WithCancel(during(t))
	ch := s.Open(t).Store().Watch(ctx, prefix(t))
	var v View
	v.Has(t, ch, map[string]string{})
	cancel()
	limit := time.After(servicetest.Patience)
	for open := true; open; {
		select {
		case _, open = <-ch:
		case <-limit:
			t.Fatal("the channel stays open")
		}
	}
}

func slowReader(t *testing.T, s Subject) {
	st := s.Open(t).Store()
	p := prefix(t)
	ch := st.Watch(during(t), p)
	var v View
	v.Has(t, ch, map[string]string{})
	seen := st.Watch(during(t), p) // of one that reads
	const writes = 100
	for i := range writes {
		must(t, st, p+"a", fmt.Sprint(i))
	}
	must(t, st, p+"b", "last")
	want := map[string]string{p + "a": fmt.Sprint(writes - 1), p + "b": "last"}
	new(View).Has(t, seen, want)
	updates := 0
	v.Until(t, ch, "the latest values", func() bool {
		updates++
		return v.Stale == nil && maps.Equal(v.Values, want)
	})
	if updates > writes/2 {
		t.Errorf("the slow reader got %d updates of %d writes", updates, writes)
	}
}

func watchSurvivesStop(t *testing.T, s Subject) {
	if s.Stop == nil {
		t.Skip("the engine cannot be stopped here")
	}
	st := s.Open(t).Store()
	p := prefix(t)
	must(t, st, p+"a", "1")
	var v View
	ch := st.Watch(during(t), p)
	v.Has(t, ch, map[string]string{p + "a": "1"})
	s.Stop(t)
	v.Until(t, ch, "the watch says that it is stale", func() bool { return v.Stale != nil })
	if !errors.Is(v.Stale, cluster.ErrUnavailable) || v.Values[p+"a"] != "1" {
		t.Errorf("got %v and %v, want ErrUnavailable and what was known", v.Stale, v.Values)
	}
	s.Start(t)
	v.Has(t, ch, map[string]string{p + "a": "1"})
	must(t, st, p+"a", "2")
	v.Has(t, ch, map[string]string{p + "a": "2"})
}

func unavailable(t *testing.T, s Subject) {
	if s.Stop == nil {
		t.Skip("the engine cannot be stopped here")
	}
	e := s.Open(t)
	k := key(t, "k")
	must(t, e.Store(), k, "1")
	servicetest.Await(t, "the engine is well", func() bool { return e.Health() == nil })
	s.Stop(t)
	defer s.Start(t)
	began := time.Now()
	_, put := e.Store().Put(context.Background(), k, nil, nil)
	for _, err := range []error{put, e.Store().Delete(context.Background(), k, nil)} {
		if !errors.Is(err, cluster.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	}
	if _, err := e.Store().Get(context.Background(), k); err != nil && !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("got %v, want what is known or ErrUnavailable", err)
	}
	if took := time.Since(began); took > bounded {
		t.Errorf("three calls took %s", took)
	}
	servicetest.Await(t, "the engine is not well", func() bool { return errors.Is(e.Health(), cluster.ErrUnavailable) })
}

func watchSurvivesWipe(t *testing.T, s Subject) {
	if s.Wipe == nil {
		t.Skip("the engine cannot lose its store here")
	}
	st := s.Open(t).Store()
	p := prefix(t)
	for i := range 20 { // so that revisions are greater than those after the loss
		must(t, st, p+"a", fmt.Sprint(i))
	}
	must(t, st, p+"b", "1")
	var v View
	ch := st.Watch(during(t), p)
	v.Has(t, ch, map[string]string{p + "a": "19", p + "b": "1"})
	s.Wipe(t)
	must(t, st, p+"c", "new")
	v.Has(t, ch, map[string]string{p + "c": "new"})
	if v.Snapshots < 2 {
		t.Error("the watch has sent no snapshot after the loss")
	}
	must(t, st, p+"c", "newer")
	v.Has(t, ch, map[string]string{p + "c": "newer"})
	awaitValue(t, st, p+"a", "")
}
