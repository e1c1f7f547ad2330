package bus_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

func TestConfigFromEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		env     service.Environment
		engines int
		bad     string // the variable that is refused; empty for none
	}{
		{"there is no engine", nil, 0, ""},
		{"one engine", service.Environment{"MACHINE": "a", "ENGINE_URL": "nats://localhost:4222"}, 1, ""},
		{"two engines", service.Environment{"MACHINE": "a", "ENGINE_URL": "nats://10.0.0.1:4222, nats://10.0.0.2:4222"}, 2, ""},
		{"files", service.Environment{"MACHINE": "a", "ENGINE_URL": "nats://h:1", "ENGINE_KEY": file, "ENGINE_CA": file}, 1, ""},
		{"another scheme", service.Environment{"MACHINE": "a", "ENGINE_URL": "http://localhost:4222"}, 0, "ENGINE_URL"},
		{"a path", service.Environment{"MACHINE": "a", "ENGINE_URL": "nats://localhost:4222/x"}, 0, "ENGINE_URL"},
		{"no machine", service.Environment{"ENGINE_URL": "nats://localhost:4222"}, 1, "MACHINE"},
		{"a bad machine", service.Environment{"MACHINE": "a b"}, 0, "MACHINE"},
		{"a key that is not there", service.Environment{"MACHINE": "a", "ENGINE_URL": "nats://h:1", "ENGINE_KEY": file + "none"}, 1, "ENGINE_KEY"},
	} {
		var config bus.Config
		var p service.Problems
		service.Parse(c.env, &config, &p)
		config.Complete(&p)
		err := p.Err()
		if c.bad == "" && err != nil || c.bad != "" && (err == nil || !strings.Contains(err.Error(), c.bad+"=")) {
			t.Errorf("%s: got %v, want a problem of %q", c.name, err, c.bad)
		}
		if len(config.Engines) != c.engines || config.Enabled() != (c.env["ENGINE_URL"] != "") {
			t.Errorf("%s: got %v, enabled: %t", c.name, config.Engines, config.Enabled())
		}
	}
}

// Nobody waits for an engine that takes connections and says nothing.
func TestDialDoesNotWait(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked := make(chan struct{})
	go func() {
		if c, err := l.Accept(); err == nil {
			close(asked)
			defer c.Close()
			_, _ = c.Read(make([]byte, 1)) // until the test ends
		}
	}()
	url := "nats://" + l.Addr().String()
	conn, err := bus.Dial(bus.Config{EngineURL: url, Engines: []string{url}, Machine: "a"}, "test", hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	<-asked
	if conn.Connected() {
		t.Error("it is connected")
	}
	if err := conn.Publish("a", nil); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("published: got %v, want ErrUnavailable", err)
	}
	if _, err := conn.Request(context.Background(), "a", nil); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("requested: got %v, want ErrUnavailable", err)
	}
}

// A subscription outlives the engine, goes on at another one, and what was said meanwhile is
// lost.
func TestASubscriptionGoesOnAtAnotherEngine(t *testing.T) {
	e := clustertest.StartEngines(t, 3)
	log := &servicetest.Log{}
	listener, err := bus.Dial(e.Config(0), "test", hclog.New(&hclog.LoggerOptions{Output: log, JSONFormat: true}))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	speaker := e.Dial(t, 1)
	var last atomic.Value
	if err := listener.Subscribe(t.Context(), "x.>", func(m cluster.Msg) { last.Store(string(m.Data)) }); err != nil {
		t.Fatal(err)
	}
	heard := func(what string) func() bool {
		return func() bool {
			_ = speaker.Publish("x.y", []byte(what)) // again until it is heard
			return last.Load() == what
		}
	}
	servicetest.Await(t, "it hears", heard("1"))
	e.Stop(0)
	servicetest.Await(t, "it hears at another engine", heard("2"))
	if got := log.Count("the engine is not reached, trying again for ever"); got != 1 {
		t.Errorf("the loss was logged %d times, want once", got)
	}
	e.StopAll()
	servicetest.Await(t, "both are without an engine", func() bool { return !speaker.Connected() && !listener.Connected() })
	if err := speaker.Publish("x.y", []byte("lost")); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	e.StartAll(t)
	servicetest.Await(t, "it hears again", heard("3"))
}

func TestATooBigMessageIsRefused(t *testing.T) {
	e := clustertest.StartEngines(t, 1)
	conn := e.Dial(t, 0)
	servicetest.Await(t, "it is connected", conn.Connected)
	if err := conn.Publish("x", make([]byte, 2<<20)); err == nil {
		t.Error("a message of 2 MiB is taken")
	}
	if err := conn.Publish("x", make([]byte, 900<<10)); err != nil {
		t.Error(err)
	}
}

func TestAQueueDropsTheOldest(t *testing.T) {
	var dropped atomic.Uint64
	q := bus.NewQueue(func(int) int { return 1 }, &dropped)
	const many = 3000
	for i := range many {
		q.Put(i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var got []int
	q.Each(ctx, func(i int) {
		got = append(got, i)
		if i == many-1 {
			cancel()
		}
	})
	if len(got)+int(dropped.Load()) != many || got[0] != many-len(got) || len(got) > 1024 {
		t.Errorf("got %d messages from %d, dropped %d", len(got), got[0], dropped.Load())
	}
	big := bus.NewQueue(func(int) int { return 3 << 20 }, &dropped)
	dropped.Store(0)
	for i := range 5 {
		big.Put(i)
	}
	if got := fmt.Sprint(dropped.Load()); got != "3" {
		t.Errorf("of 15 MiB %s messages were dropped, want 3", got)
	}
}
