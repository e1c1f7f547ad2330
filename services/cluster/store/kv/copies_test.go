package kv_test

import (
	"encoding/json"
	"testing"
	"time"

	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/kit/servicetest"
)

func TestAStoreWithTooFewCopiesIsGivenMore(t *testing.T) {
	engines := clustertest.StartEngines(t, 3)
	conn := engines.Dial(t, 0)
	copies := func() int {
		var info struct {
			Config struct {
				Replicas int `json:"num_replicas"`
			} `json:"config"`
		}
		answer, err := conn.NATS().Request("$JS.API.STREAM.INFO."+store.Stream, nil, time.Second)
		if err != nil || json.Unmarshal(answer.Data, &info) != nil {
			return 0
		}
		return info.Config.Replicas
	}
	early := kv.Open(engines.Dial(t, 1), 1) // of a process that still knows one engine
	t.Cleanup(func() { _ = early.Close() })
	servicetest.Await(t, "the store has one copy", func() bool { return copies() == 1 })
	engine := kv.Open(engines.Dial(t, 2), 3)
	t.Cleanup(func() { _ = engine.Close() })
	servicetest.Await(t, "the store has three copies", func() bool { return copies() == 3 })
	servicetest.Await(t, "it answers both", func() bool { return early.Health() == nil && engine.Health() == nil })
	if copies() != 3 {
		t.Errorf("got %d copies, want those that are there left alone", copies())
	}
}
