package reporter

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

// running is a reporter of a cluster that runs.
type running struct {
	*reporter
	s      *Service
	engine store.Engine

	mu    sync.Mutex
	ahead time.Duration // of its clock; guarded by mu
}

// pass sets the clock forward.
func (r *running) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ahead += d
}

// onMachine runs the reporter of a machine until the test ends.
func onMachine(t *testing.T, machine string, engine store.Engine) *running {
	t.Helper()
	c, err := ConfigFromEnv(service.Environment{"ENGINE_URL": "nats://localhost:1", "MACHINE": machine, "REPORT_TTL": "1h"})
	if err != nil {
		t.Fatal(err)
	}
	k := service.NewKit("reporter", service.Common{}, service.Environment{}, io.Discard)
	s, err := New(c, k)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{s: s, engine: engine}
	s.now = func() time.Time {
		r.mu.Lock()
		defer r.mu.Unlock()
		return time.Now().Add(r.ahead)
	}
	s.machines.open = func() (store.Engine, error) { return engine, nil }
	server := httptest.NewServer(service.Handler(s, k))
	t.Cleanup(server.Close)
	r.reporter = &reporter{t: t, url: server.URL}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return r
}

// answers are what it says of packagers, in short.
func (r *running) answers() string {
	r.t.Helper()
	var list []report.SignalStatus
	if _, body := r.do("GET", "/packagers", ""); json.Unmarshal([]byte(body), &list) != nil {
		r.t.Fatal(body)
	}
	var words []string
	for _, s := range list {
		for _, p := range s.Packagers {
			words = append(words, s.Signal+" "+p.State.String())
		}
	}
	return strings.Join(words, ", ")
}

// await waits until it answers so.
func (r *running) await(want string) {
	r.t.Helper()
	servicetest.Await(r.t, "the answer "+want, func() bool { return r.answers() == want })
}

// kept is what the Store has, in short.
func keptIn(t *testing.T, engine store.Engine) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var words []string
	for _, e := range (<-engine.Store().Watch(ctx, cluster.KeyIngest)).Entries {
		var p report.PackagerStatus
		if err := json.Unmarshal(e.Value, &p); err != nil {
			t.Fatal(err)
		}
		words = append(words, strings.TrimPrefix(e.Key, cluster.KeyIngest)+" "+p.State.String())
	}
	return strings.Join(words, ", ")
}

func TestReportersOfAllMachinesAnswerAlike(t *testing.T) {
	m := clustertest.NewMemory()
	a, b, c := onMachine(t, "a", m.Open()), onMachine(t, "b", m.Open()), onMachine(t, "c", m.Open())
	tell := func(one1, two2 report.State) {
		a.tell(ingest(signal("live01", status(one, one1), status(two, two2))))
	}
	servicetest.Await(t, "the others hear the first", func() bool {
		tell(report.Up, report.Up)
		return b.answers() == "live01 up, live01 up" && c.answers() == "live01 up, live01 up"
	})
	began := time.Now()
	tell(report.Up, report.Stale)
	for _, r := range []*running{a, b, c} {
		r.await("live01 up, live01 stale")
	}
	t.Logf("all answer alike after %s", time.Since(began))
	// The discovery of b sees something else: that counts there, and here.
	b.tell(ingest(signal("live01", status(one, report.Down), status(two, report.Up))))
	b.await("live01 down, live01 up")
	tell(report.Up, report.Stale)
	servicetest.Await(t, "it is heard", func() bool {
		return a.answers() == "live01 up, live01 stale" && b.answers() == "live01 down, live01 up"
	})
	// It falls silent.
	b.pass(silence)
	servicetest.Await(t, "the word of another machine counts again", func() bool {
		tell(report.Up, report.Stale)
		return b.answers() == "live01 up, live01 stale"
	})
}

func TestTheTableIsKeptInTheStore(t *testing.T) {
	m := clustertest.NewMemory()
	a := onMachine(t, "a", m.Open())
	onMachine(t, "b", m.Open())
	state := func(r *running, s report.State) {
		r.tell(ingest(signal("live01", status(one, s), status(two, report.Up))))
	}
	const both = "live01.localhost-8080 up, live01.localhost-9090 up"
	servicetest.Await(t, "the Store has it", func() bool {
		state(a, report.Up)
		return keptIn(t, a.engine) == both
	})
	entry := func() cluster.Rev {
		e, err := a.engine.Store().Get(t.Context(), cluster.KeyIngest+"live01.localhost-8080")
		if err != nil {
			t.Fatal(err)
		}
		return e.Rev
	}
	rev := entry()
	for range 3 {
		state(a, report.Up)
	}
	if entry() != rev {
		t.Error("the same state was written again")
	}
	m.StopStore()
	state(a, report.Down)
	if got := a.answers(); got != "live01 down, live01 up" {
		t.Errorf("without a Store: got %s, want its own word", got)
	}
	m.Wipe()
	m.StartStore()
	began := time.Now()
	servicetest.Await(t, "the Store has all again", func() bool {
		state(a, report.Down)
		got := keptIn(t, a.engine)
		return strings.Contains(got, "live01.localhost-8080 down") && strings.Contains(got, "live01.localhost-9090 up")
	})
	t.Logf("the table is there again %s after the engine", time.Since(began))
}

// Each machine keeps its own packagers, and the first by name those of a silent one.
func TestWhoKeepsWhat(t *testing.T) {
	r := onMachine(t, "b", clustertest.NewMemory().Open())
	m, now := r.s.machines, time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.homes = map[string]string{"own": "b", "of a": "a", "of c": "c"}
	m.heard = map[string]time.Time{"a": now.Add(-time.Second), "c": now.Add(-4 * time.Second)}
	got := fmt.Sprint(m.isKeeper("own", now), m.isKeeper("of a", now), m.isKeeper("of c", now), m.isKeeper("unknown", now))
	if got != "true false false false" {
		t.Errorf("a lives, c is silent: got %s", got)
	}
	m.heard["a"] = now.Add(-4 * time.Second)
	if got := fmt.Sprint(m.isKeeper("of a", now), m.isKeeper("of c", now), m.isKeeper("unknown", now)); got != "true true true" {
		t.Errorf("all others are silent: got %s", got)
	}
	if m.heard["c"] = now; m.isKeeper("of c", now) || !m.isKeeper("of a", now) {
		t.Error("c lives, a is silent: want each to keep its own, and b those of a")
	}
}

// hanging is an engine that answers nothing and refuses nothing, as a stopped one.
type hanging struct{}

func (hanging) Store() store.Store { return hanging{} }
func (hanging) Bus() cluster.Bus   { return hanging{} }
func (hanging) Health() error      { return cluster.ErrUnavailable }
func (hanging) Close() error       { return nil }

func (hanging) Get(ctx context.Context, _ string) (cluster.Entry, error) {
	<-ctx.Done()
	return cluster.Entry{}, ctx.Err()
}

func (hanging) Put(ctx context.Context, _ string, _ []byte, _ *cluster.Rev) (cluster.Rev, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func (hanging) Delete(ctx context.Context, _ string, _ *cluster.Rev) error {
	<-ctx.Done()
	return ctx.Err()
}

func (hanging) Watch(ctx context.Context, _ string) <-chan cluster.Update {
	ch := make(chan cluster.Update, 1)
	ch <- cluster.Update{Snapshot: true} // and then it hangs
	context.AfterFunc(ctx, func() { close(ch) })
	return ch
}

func (hanging) Publish(string, []byte) error                               { return nil }
func (hanging) Subscribe(context.Context, string, func(cluster.Msg)) error { return nil }
func (hanging) Request(ctx context.Context, _ string, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAHangingEngineDelaysNoAnswer(t *testing.T) {
	r := onMachine(t, "a", hanging{})
	for range 20 {
		r.tell(ingest(signal("live01", status(one, report.Up), status(two, report.Down))))
		r.await("live01 up, live01 down")
	}
}
