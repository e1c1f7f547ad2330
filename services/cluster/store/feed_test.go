package store_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

func TestAFeedMergesWhatIsNotTakenYet(t *testing.T) {
	away := errors.New("away")
	entry := func(key string, rev cluster.Rev) cluster.Entry { return cluster.Entry{Key: key, Rev: rev} }
	gone := func(key string, rev cluster.Rev) cluster.Entry {
		return cluster.Entry{Key: key, Rev: rev, Deleted: true}
	}
	for _, c := range []struct {
		name string
		do   func(f *store.Feed)
		want []cluster.Update
	}{
		{"changes of one key", func(f *store.Feed) { f.Change(entry("a", 1)); f.Change(entry("b", 2)); f.Change(entry("a", 3)) },
			[]cluster.Update{{Entries: []cluster.Entry{entry("b", 2), entry("a", 3)}}}},
		{"a deleted key stays a change", func(f *store.Feed) { f.Change(entry("a", 1)); f.Change(gone("a", 2)) },
			[]cluster.Update{{Entries: []cluster.Entry{gone("a", 2)}}}},
		{"a deleted key is not in a snapshot", func(f *store.Feed) {
			f.Snapshot([]cluster.Entry{entry("a", 1), entry("b", 2)})
			f.Change(gone("a", 3))
		}, []cluster.Update{{Snapshot: true, Entries: []cluster.Entry{entry("b", 2)}}}},
		{"a snapshot replaces what was before", func(f *store.Feed) {
			f.Change(entry("a", 9))
			f.Stale(away)
			f.Snapshot([]cluster.Entry{entry("b", 1)})
		}, []cluster.Update{{Snapshot: true, Entries: []cluster.Entry{entry("b", 1)}}}},
		{"changes before doubts", func(f *store.Feed) { f.Change(entry("a", 1)); f.Stale(away) },
			[]cluster.Update{{Entries: []cluster.Entry{entry("a", 1)}}, {Stale: away}}},
		{"an empty snapshot", func(f *store.Feed) { f.Snapshot(nil) }, []cluster.Update{{Snapshot: true}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			f := store.NewFeed(ctx)
			c.do(f)
			synctest.Wait() // the feed waits for its reader
			var got []cluster.Update
			for range c.want {
				got = append(got, <-f.Updates())
				synctest.Wait()
			}
			select {
			case u := <-f.Updates():
				t.Errorf("%s: got %+v as well", c.name, u)
			default:
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
			}
			cancel()
			for range f.Updates() {
				t.Errorf("%s: an update after the end", c.name)
			}
		})
	}
}
