package receiver

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sampletest"
)

// machine is one with a receiver, as the others of its cluster see it.
type machine struct {
	*receiver
	bus    *clustertest.Connection
	served atomic.Pointer[http.Handler] // nil while nobody reaches it
	sends  atomic.Bool                  // its encoder does
}

// ServeHTTP answers the other machines.
func (m *machine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := m.served.Load()
	if h == nil {
		panic(http.ErrAbortHandler)
	}
	(*h).ServeHTTP(w, r)
}

// cut has no other machine reach this one; heal ends that.
func (m *machine) cut() {
	m.bus.Cut()
	m.served.Store(nil)
}

func (m *machine) heal() {
	m.bus.Heal()
	m.served.Store(&m.handler)
}

// status is how the signal is.
func (m *machine) status() signals.Status {
	m.Helper()
	var list feed.Index
	if err := json.Unmarshal([]byte(m.get(feed.IndexPath).Body), &list); err != nil || len(list.Signals) != 1 {
		m.Fatalf("got %+v, %v", list, err)
	}
	return list.Signals[0]
}

// leads reports whether it makes the timeline, in a generation of at least least.
func (m *machine) leads(least uint64) bool {
	s := m.status()
	return !s.StandsBy && s.Generation >= least
}

// ours is an encoder that sends while its machine says so.
type ours struct {
	encoder
	m *machine
}

func (o *ours) Run(ctx context.Context, to input.Sink) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for ctx.Err() == nil {
		sending, end := context.WithCancel(ctx)
		if o.m.sends.Load() {
			var running sync.WaitGroup
			running.Go(func() { _ = o.encoder.Run(sending, to) })
			for o.m.sends.Load() && ctx.Err() == nil {
				<-look.C
			}
			end()
			running.Wait()
		}
		end()
		<-look.C
	}
	return nil
}

// machinesOf starts the receivers of so many machines, a, b and so on, with an encoder each. The
// first one leads when it returns.
func machinesOf(t *testing.T, n int) (*clustertest.Memory, []*machine) {
	t.Helper()
	engine := clustertest.NewMemory()
	format, samples := sampletest.Make(t, sampletest.Source{Seconds: 4, GOP: 25})
	var list []*machine
	urls := ""
	for range n {
		m := &machine{bus: engine.Open()}
		m.sends.Store(true)
		gate := httptest.NewServer(m)
		t.Cleanup(gate.Close)
		urls += "," + gate.URL
		list = append(list, m)
	}
	for i, m := range list {
		e := service.Environment{"MACHINE": string(rune('a' + i)), "ENGINE_URL": "nats://127.0.0.1:1", "RECEIVER_URL": urls[1:]}
		m.receiver = startIn(t, t.TempDir(), oneSignal, e, func(s *Service) {
			s.machines.connect = func() (cluster.Bus, func(), error) { return m.bus.Bus(), func() {}, nil }
			s.signals[0].sources[0].open = func() input.Input { return &ours{encoder{format: format, samples: samples}, m} }
		})
		m.served.Store(&m.handler)
		if i == 0 {
			servicetest.Await(t, "the first one leads", func() bool { return m.leads(1) })
			m.playlist("stage", 2)
		}
	}
	for _, m := range list[1:] {
		servicetest.Await(t, "the encoder is good", func() bool { return m.status().Inputs[0].State == signals.Good })
		if s := m.status(); !s.StandsBy || s.OnAir || m.get("/feeds/stage/playlist.m3u8").Status != http.StatusServiceUnavailable {
			t.Fatalf("got %+v, want it to stand by and to serve nothing", s)
		}
	}
	return engine, list
}

func TestAnotherReceiverTakesOverWhereTheLeaderIsLost(t *testing.T) {
	t.Parallel()
	_, list := machinesOf(t, 2)
	a, b := list[0], list[1]
	last := a.s.signals[0].feed.Load().Snapshot().List
	a.cut()
	servicetest.Await(t, "b leads", func() bool { return b.leads(2) })
	got := b.playlist("stage", 1)
	end := last.Segments[len(last.Segments)-1].ProgramDateTime.Add(last.Segments[len(last.Segments)-1].Duration)
	if got.MediaSequence < last.NextMSN() || got.MediaSequence > last.NextMSN()+1 {
		t.Errorf("it goes on with %d, want %d or the next", got.MediaSequence, last.NextMSN())
	}
	// It may have published one more before it was cut off.
	const keyFrames = time.Second
	if hole := got.Segments[0].ProgramDateTime.Sub(end); hole < -50*time.Millisecond || hole > keyFrames+2*time.Second {
		t.Errorf("its first segment begins %s after the end of the last", hole)
	}
	a.heal()
	servicetest.Await(t, "a yields", func() bool { return !a.leads(0) })
	if s := a.get("/feeds/stage/playlist.m3u8").Status; s != http.StatusServiceUnavailable {
		t.Errorf("a still serves its feed: status %d", s)
	}
	// And back again: the numbers go on rising.
	newest := b.s.signals[0].feed.Load().Snapshot().List.LastMSN()
	b.cut()
	servicetest.Await(t, "a leads again", func() bool { return a.leads(3) })
	if again := a.playlist("stage", 1); again.MediaSequence <= newest {
		t.Errorf("it goes on with %d after %d", again.MediaSequence, newest)
	}
}

func TestAReceiverWithAnEncoderTakesOverFromOneWithTheSlate(t *testing.T) {
	t.Parallel()
	_, list := machinesOf(t, 2)
	a, b := list[0], list[1]
	a.sends.Store(false)
	servicetest.Await(t, "b leads", func() bool { return b.leads(2) })
	servicetest.Await(t, "a yields", func() bool { return !a.leads(0) })
	servicetest.Await(t, "b is on air", func() bool { s := b.status(); return s.OnAir && s.Source == "main" })
	a.sends.Store(true)
	servicetest.Await(t, "the encoder of a is good", func() bool { return a.status().Inputs[0].State == signals.Good })
	if n := len(b.playlist("stage", 1).Segments); n < 1 || !b.leads(2) || a.leads(0) {
		t.Errorf("the lead went back, with %d segments", n)
	}
}

func TestReceiversNeedNoEngineToHearEachOther(t *testing.T) {
	t.Parallel()
	engine, list := machinesOf(t, 2)
	a, b := list[0], list[1]
	engine.StopBus()
	a.playlist("stage", len(a.playlist("stage", 1).Segments)+3)
	if a.status().Generation != 1 || !a.leads(0) || b.leads(0) {
		t.Errorf("got %+v and %+v, want a to lead as before", a.status(), b.status())
	}
	a.cut()
	servicetest.Await(t, "b leads", func() bool { return b.leads(2) })
}
