package origin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

// onMachine runs the origin of a machine until the test, or the result, ends it. Its reporter
// is the test: learn.
func onMachine(t *testing.T, machine string, engine store.Engine) (o *origin, end func()) {
	t.Helper()
	e := service.Environment{"ENGINE_URL": "nats://localhost:1", "MACHINE": machine, "ADMIN_TOKEN": adminToken}
	c, err := ConfigFromEnv(e)
	if err != nil {
		t.Fatal(err)
	}
	k := service.NewKit("origin", service.Common{}, e, io.Discard)
	s, err := New(c, k)
	if err != nil {
		t.Fatal(err)
	}
	s.machines.open = func() (store.Engine, error) { return engine, nil }
	server := httptest.NewServer(service.Handler(s, k))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.machines.run(ctx)
	}()
	end = func() { cancel(); <-ended }
	t.Cleanup(end)
	o = &origin{t, s, server.URL}
	servicetest.Await(t, "it has its engine", func() bool {
		s.machines.mu.Lock()
		defer s.machines.mu.Unlock()
		return s.machines.engine != nil
	})
	o.learn(up, up)
	return o, end
}

// preference is what it prefers, in short.
func (o *origin) preference() string {
	o.t.Helper()
	var p report.Preference
	if a := o.do("GET", "/live/live01/packagers", ""); json.Unmarshal([]byte(a.Body), &p) != nil {
		o.t.Fatal(a.Body)
	}
	held := ""
	if p.Held {
		held = " held"
	}
	return p.Active + held
}

// alike waits until all prefer the same.
func alike(t *testing.T, want string, all ...*origin) time.Duration {
	t.Helper()
	began := time.Now()
	for i, o := range all {
		servicetest.Await(t, fmt.Sprintf("origin %d prefers %s", i, want), func() bool { return o.preference() == want })
	}
	return time.Since(began)
}

// pinOf is the pin of live01 in the Store, in short.
func pinOf(engine store.Engine) string {
	e, err := engine.Store().Get(context.Background(), cluster.KeyPin+"live01")
	var p cluster.Pin
	if err != nil || json.Unmarshal(e.Value, &p) != nil {
		return ""
	}
	return fmt.Sprintf("%s %t", p.Packager, p.Held)
}

func awaitPin(t *testing.T, engine store.Engine, want string) {
	t.Helper()
	servicetest.Await(t, "the Store has "+want, func() bool { return pinOf(engine) == want })
}

const (
	holdSecond = `{"packager":"http://localhost:9090"}`
	holdFirst  = `{"packager":"http://localhost:8080"}`
)

func TestOriginsOfAllMachinesPreferAlike(t *testing.T) {
	m := clustertest.NewMemory()
	a, _ := onMachine(t, "a", m.Open())
	b, _ := onMachine(t, "b", m.Open())
	c, endC := onMachine(t, "c", m.Open())
	if got := a.command("/hold", holdSecond); got.Status != 200 || got.Header.Get(storeHeader) != "" {
		t.Errorf("got %d, %s: %s, want no word of the Store", got.Status, storeHeader, got.Header.Get(storeHeader))
	}
	t.Logf("a hold counts everywhere after %s", alike(t, two+" held", a, b, c))
	awaitPin(t, m.Open(), two+" true")
	// The later one wins, whichever machine it is given at.
	b.command("/hold", holdFirst)
	alike(t, one+" held", a, b, c)
	b.command("/hold", `{}`)
	alike(t, one, a, b, c)
	c.command("/failover", `{}`)
	alike(t, two, a, b, c)
	awaitPin(t, m.Open(), two+" false")
	a.command("/hold", holdSecond)
	alike(t, two+" held", a, b, c)
	// An origin that starts anew carries on with the hold.
	endC()
	c2, _ := onMachine(t, "c", m.Open())
	alike(t, two+" held", c2)
}

func TestAHoldNeedsNoStore(t *testing.T) {
	m := clustertest.NewMemory()
	m.StopStore()
	a, _ := onMachine(t, "a", m.Open())
	b, _ := onMachine(t, "b", m.Open())
	got := a.command("/hold", holdSecond)
	if got.Status != 200 || !strings.HasPrefix(got.Header.Get(storeHeader), "later: ") {
		t.Errorf("got %d, %s: %q, want it to say that the Store gets it later", got.Status, storeHeader, got.Header.Get(storeHeader))
	}
	alike(t, two+" held", a, b)
	// Neither does an origin that starts now.
	c, _ := onMachine(t, "c", m.Open())
	alike(t, two+" held", c)
	m.StartStore()
	awaitPin(t, m.Open(), two+" true")
	m.Wipe()
	awaitPin(t, m.Open(), two+" true")
}

func TestWithoutAnyEngineTheOriginActsAlone(t *testing.T) {
	m := clustertest.NewMemory()
	cut := m.Open()
	cut.Cut()
	a, _ := onMachine(t, "a", cut)
	b, _ := onMachine(t, "b", m.Open())
	if got := a.command("/hold", holdSecond); got.Status != 200 || got.Header.Get(storeHeader) == "" {
		t.Errorf("got %d, %v, want it to say that nobody else knows", got.Status, got.Header)
	}
	alike(t, two+" held", a)
	alike(t, one, b)
	// Meanwhile another operator holds the other one. Once they are heard again the later counts.
	b.command("/hold", holdFirst)
	cut.Heal()
	alike(t, one+" held", a, b)
	awaitPin(t, m.Open(), one+" true")
}

func TestAPinEndsEverywhereWhenItsPackagerFails(t *testing.T) {
	m := clustertest.NewMemory()
	a, _ := onMachine(t, "a", m.Open())
	b, endB := onMachine(t, "b", m.Open())
	a.command("/hold", holdSecond)
	alike(t, two+" held", a, b)
	for _, o := range []*origin{a, b} {
		o.learn(up, down)
	}
	alike(t, one, a, b)
	awaitPin(t, m.Open(), " false")
	endB()
	b2, _ := onMachine(t, "b", m.Open()) // where both are up again
	awaitKnown(t, b2)
	b2.learn(up, up)
	alike(t, one, b2)
	// A hold from after the failure stands, whoever notices the failure late.
	a.learn(up, up)
	b2.learn(up, up)
	a.command("/hold", holdSecond)
	alike(t, two+" held", a, b2)
}

// awaitKnown waits until an origin knows what operators want.
func awaitKnown(t *testing.T, o *origin) {
	t.Helper()
	servicetest.Await(t, "it knows the pins", func() bool { return len(o.s.machines.known()) > 0 })
}

func TestThePackagersOfAMachineThatIsDrainedAreLeft(t *testing.T) {
	m := clustertest.NewMemory()
	engine := m.Open()
	put := func(key string, value any) {
		t.Helper()
		b, err := json.Marshal(value)
		if err == nil {
			_, err = engine.Store().Put(t.Context(), key, b, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put(cluster.KeyService+"packager.a.server1", cluster.Instance{Machine: "a", Name: "server1", Kind: "packager", URL: one})
	put(cluster.KeyService+"packager.b.server1", cluster.Instance{Machine: "b", Name: "server1", Kind: "packager", URL: two})
	o, _ := onMachine(t, "a", m.Open())
	prefers := func(when, want string, list ...report.State) {
		t.Helper()
		servicetest.Await(t, when+": "+want, func() bool {
			o.learn(list...)
			return o.preference() == want
		})
	}
	o.command("/hold", holdFirst)
	prefers("held", one+" held", up, up)
	put(cluster.KeyDrain+"a", cluster.Intent{At: time.Now().Add(time.Second)})
	prefers("drained", two, up, up)
	prefers("only it is usable", one, up, down)
	prefers("another is usable again", two, up, up)
	if err := engine.Store().Delete(t.Context(), cluster.KeyDrain+"a", nil); err != nil {
		t.Fatal(err)
	}
	servicetest.Await(t, "the drain is over", func() bool {
		o.s.mu.Lock()
		defer o.s.mu.Unlock()
		return len(o.s.memory.drained) == 0
	})
	o.command("/hold", holdFirst)
	prefers("held again", one+" held", up, up)
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

func TestAHangingEngineDelaysNoCommand(t *testing.T) {
	o, _ := onMachine(t, "a", hanging{})
	for range 5 {
		o.command("/hold", holdSecond)
		alike(t, two+" held", o)
		o.command("/hold", `{}`)
		alike(t, two, o)
		o.command("/failover", `{}`)
		alike(t, one, o)
	}
}
