package kv_test

import (
	"fmt"
	"testing"
	"time"

	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/kit/servicetest"
)

// put writes a value, once the engine takes it.
func put(t *testing.T, s store.Store, key, value string) {
	t.Helper()
	servicetest.Await(t, key+" is written", func() bool {
		_, err := s.Put(t.Context(), key, []byte(value), nil)
		return err == nil
	})
}

// A watch hears of changes by messages, which may be lost. Here the bucket sends none: it was
// made by somebody else.
func TestAWatchFindsChangesThatItDoesNotHearOf(t *testing.T) {
	e := clustertest.StartEngines(t, 1)
	conn := e.Dial(t, 0)
	servicetest.Await(t, "a bucket is made", func() bool {
		_, err := conn.NATS().Request("$JS.API.STREAM.CREATE."+store.Stream,
			[]byte(`{"name":"KV_livestream","subjects":["$KV.livestream.>"],"max_msgs_per_subject":1,"allow_direct":true,"allow_rollup_hdrs":true,"storage":"file","num_replicas":1}`), time.Second)
		return err == nil
	})
	s := kv.Open(conn, 1).Store()
	put(t, s, "a.x", "1")
	var v clustertest.View
	ch := s.Watch(t.Context(), "a.")
	v.Has(t, ch, map[string]string{"a.x": "1"})
	put(t, s, "a.x", "2")
	put(t, s, "a.y", "3")
	v.Has(t, ch, map[string]string{"a.x": "2", "a.y": "3"})
	if err := s.Delete(t.Context(), "a.x", nil); err != nil {
		t.Fatal(err)
	}
	v.Has(t, ch, map[string]string{"a.y": "3"})
}

// The Store is lost and made again while the engine answers all the time, and nothing is
// written since: a watch notices by itself.
func TestAWatchFindsThatTheStoreIsAnother(t *testing.T) {
	e := clustertest.StartEngines(t, 1)
	conn := e.Dial(t, 0)
	s := kv.Open(conn, 1).Store()
	put(t, s, "a.x", "1")
	var v clustertest.View
	ch := s.Watch(t.Context(), "a.")
	v.Has(t, ch, map[string]string{"a.x": "1"})
	if _, err := conn.NATS().Request("$JS.API.STREAM.DELETE."+store.Stream, nil, servicetest.Patience); err != nil {
		t.Fatal(err)
	}
	v.Has(t, ch, map[string]string{})
	put(t, s, "a.y", "2")
	v.Has(t, ch, map[string]string{"a.y": "2"})
}

// More keys than the engine lists at once.
func TestAWatchOfManyKeys(t *testing.T) {
	e := clustertest.StartEngines(t, 1)
	s := e.Open(t, 0).Store()
	const many = 1100
	want := map[string]string{}
	for i := range many {
		key := fmt.Sprintf("many.%d.%d", i%26, i)
		want[key] = "x"
		put(t, s, key, "x")
	}
	var v clustertest.View
	v.Has(t, s.Watch(t.Context(), "many."), want)
}
