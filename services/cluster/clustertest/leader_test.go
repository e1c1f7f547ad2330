package clustertest_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/kit/servicetest"
)

// leaseLength is so short that a lease ends while the engines have no leader.
const leaseLength = 2 * time.Second

func open(t testing.TB, c bus.Config) store.Engine {
	t.Helper()
	conn, err := bus.Dial(c, "test", hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	e := kv.Open(conn, 3)
	t.Cleanup(func() { e.Close() })
	return e
}

// The leader's power is pulled in the middle of writes: what was acknowledged is there, the
// revision never goes back, and a watch at another engine ends with the last value.
func TestNothingAcknowledgedIsLostWithTheLeader(t *testing.T) {
	all := startThree(t, clustertest.EngineConfigs(t, 3))
	writer := open(t, reaching(all...))
	servicetest.Await(t, "the store answers", func() bool { return writer.Health() == nil })
	list := leaderFirst(t, all)
	reader := open(t, reaching(list[1], list[2]))
	writer = open(t, reaching(list[1], list[2]))
	changes := reader.Store().Watch(t.Context(), "count")
	const before, after = 50, 50
	acked, rev, writes := 0, cluster.Rev(0), 0
	killed := make(chan struct{})
	kill := sync.OnceFunc(func() {
		go func() { // while the writes go on
			defer close(killed)
			list[0].kill()
		}()
	})
	limit := time.Now().Add(servicetest.Patience)
	for acked < before+after {
		if time.Now().After(limit) {
			t.Fatalf("only %d of %d writes were acknowledged", acked, before+after)
		}
		if acked == before {
			kill()
		}
		writes++
		next, err := writer.Store().Put(context.Background(), "count", []byte(strconv.Itoa(writes)), nil)
		if err != nil {
			if !errors.Is(err, cluster.ErrUnavailable) {
				t.Fatal(err)
			}
			continue
		}
		if next <= rev {
			t.Fatalf("got the revision %d after %d", next, rev)
		}
		acked, rev = acked+1, next
	}
	<-killed
	if e, err := writer.Store().Get(context.Background(), "count"); err != nil || e.Rev < rev {
		t.Errorf("got revision %d, %v, want %d", e.Rev, err, rev)
	}
	var v clustertest.View
	v.Has(t, changes, map[string]string{"count": strconv.Itoa(writes)})
}

// Three contend while the leader of the Store is killed.
func TestTwoNeverHoldWhileTheLeaderIsKilled(t *testing.T) {
	all := startThree(t, clustertest.EngineConfigs(t, 3))
	ctx, cancel := context.WithCancel(t.Context())
	var w clustertest.Watchman
	var running sync.WaitGroup
	for i, name := range []string{"a", "b", "c"} {
		e := open(t, reaching(all[i], all[(i+1)%3], all[(i+2)%3]))
		running.Go(func() {
			if err := store.Hold(ctx, e.Store(), "lease", name, leaseLength, w.Work(name)); err != nil {
				t.Error(err)
			}
		})
	}
	holds := func() bool { name, _ := w.Holder(); return name != "" }
	servicetest.Await(t, "somebody holds it", holds)
	list := leaderFirst(t, all)
	list[0].kill()
	e := open(t, reaching(list[1], list[2]))
	servicetest.Await(t, "the store is written again", func() bool {
		_, err := e.Store().Put(t.Context(), "other", nil, nil)
		return err == nil
	})
	servicetest.Await(t, "somebody holds it still, or again", holds)
	cancel()
	running.Wait()
	for _, b := range w.Broken() {
		t.Error(b)
	}
}

// An engine that lost its disk learns everything from the others before it is ready.
func TestAWipedEngineLearnsFromTheOthers(t *testing.T) {
	e := clustertest.StartEngines(t, 3)
	k := e.Open(t, 0)
	servicetest.Await(t, "it is written", func() bool {
		_, err := k.Store().Put(t.Context(), "kept", []byte("1"), nil)
		return err == nil
	})
	leader := e.Leader(t)
	e.Stop(leader)
	e.Wipe(t, leader)
	e.Start(t, leader)
	e.AwaitQuorum(t)
	for other := range 3 { // so that what is left is the wiped one and one more
		if other != leader {
			e.Stop(other)
			break
		}
	}
	k = e.Open(t, leader)
	servicetest.Await(t, "two of three have it", func() bool {
		got, err := k.Store().Get(t.Context(), "kept")
		return err == nil && string(got.Value) == "1"
	})
	servicetest.Await(t, "two of three write", func() bool {
		_, err := k.Store().Put(t.Context(), "kept", []byte("2"), nil)
		return err == nil
	})
}
