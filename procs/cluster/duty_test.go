package cluster

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// airs has the workers of a host air a signal.
func (h *host) airs(signals ...string) {
	h.platform.change(func(s *platform.Snapshot) {
		s.Films, s.Details = nil, nil
		for _, signal := range signals {
			s.Films = append(s.Films, platform.FilmAt{Process: "worker", Film: event.Film{File: signal + ".mp4", Signal: signal, State: event.FilmAired}})
			s.Details = append(s.Details, report.SignalStatus{Signal: signal})
		}
	})
}

// uses has the players of a host be served from a packager.
func (h *host) uses(url string) {
	h.platform.change(func(s *platform.Snapshot) {
		s.Packagers = []platform.Packager{{Signal: "live01", URL: url, Active: true}}
	})
}

func (h *host) machine(name string) platform.Machine {
	for _, m := range h.Machines() {
		if m.Name == name {
			return m
		}
	}
	return platform.Machine{}
}

func TestADrainMovesWhatAMachineDoes(t *testing.T) {
	t.Parallel()
	a, b, c, _ := three(t)
	worker := func(h *host) platform.Process { p, _ := h.platform.Now().Process("worker"); return p }
	b.airs("live01")
	c.uses("http://" + addressB + ":8080")
	if err := a.Drain(t.Context(), "z", true, "a test"); err == nil || err.Error() != `no machine "z"; there are a, b, c` {
		t.Errorf("got %v", err)
	}
	if err := a.Drain(t.Context(), "b", false, "a test"); err == nil || err.Error() != "b is not drained" {
		t.Errorf("got %v", err)
	}
	if err := a.Drain(t.Context(), "b", true, "a test"); err != nil {
		t.Fatal(err)
	}
	if err := a.Drain(t.Context(), "b", true, "a test"); err == nil || err.Error() != "b is drained already" {
		t.Errorf("got %v", err)
	}
	awaitLeft := func(want string) {
		t.Helper()
		a.await(want, func() bool { m := a.machine("b"); return m.State == platform.MachineDraining && m.Reason == want })
	}
	awaitLeft("no other machine airs live01")
	if !worker(b).Wanted {
		t.Error("the worker was stopped while nobody else airs its signal")
	}
	a.airs("live01")
	awaitLeft("players are still served from server1")
	if worker(b).Wanted {
		t.Error("the worker works on")
	}
	c.uses("http://" + addressA + ":8080")
	awaitLeft("the engine needs this machine while that of a does not work") // none runs in this test
	a.airs()                                                                 // its worker has died
	b.await("the worker of b is started again", func() bool { return worker(b).Wanted })
	b.await("it says why", func() bool {
		return b.platform.heardSay("worker started again, since no other machine airs live01")
	})
	a.airs("live01")
	b.await("and rests again", func() bool { return !worker(b).Wanted })
	if err := c.Drain(t.Context(), "b", false, "a test"); err != nil {
		t.Fatal(err)
	}
	b.await("the worker is started", func() bool { return worker(b).Wanted })
	b.await("it says why", func() bool {
		return b.platform.heardSay("worker started again, since the drain of this machine was taken back")
	})
	if a.platform.heardSay("drain of machine b") {
		t.Error("the drain is announced beside the command")
	}
	a.await("b is up", func() bool { return a.machine("b").State == platform.MachineUp })
}

func TestTheLastMachineIsNotDrained(t *testing.T) {
	t.Parallel()
	h := prepare(t, "a", "", "", t.TempDir()).run(clustertest.NewMemory())
	if err := h.Drain(t.Context(), "a", true, "a test"); err == nil || err.Error() != errLast.Error() {
		t.Errorf("got %v, want %v", err, errLast)
	}
}

func TestAWorkerRestsWhileItsClockIsFarOff(t *testing.T) {
	t.Parallel()
	a, b, c, engine := three(t)
	for _, h := range []*host{a, b, c} {
		h.airs("live01")
	}
	a.await("the signals of the others are known", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return slices.Contains(a.Agent.heard["b"].beat.Signals, "live01")
	})
	// The others answer with a clock that is 700 ms behind, as a sees it.
	setOffsets := func(offset time.Duration) {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, h := range a.Agent.heard {
			for i := range h.trips {
				h.trips[i].Offset, h.trips[i].RTT = offset, 0
			}
		}
	}
	engine.StopBus() // no new trips; for less than a machine takes to be silent
	setOffsets(-700 * time.Millisecond)
	engine.StartBus()
	a.await("the worker rests", func() bool {
		setOffsets(-700 * time.Millisecond)
		p, _ := a.platform.Now().Process("worker")
		return !p.Wanted && a.platform.heardSay("worker stopped, since the clock of this machine is 700ms off and other workers air its signals")
	})
	a.await("a warning", func() bool {
		setOffsets(-700 * time.Millisecond)
		return a.platform.heardSay("machine a: its clock is 700ms ahead, measured against most machines")
	})
	setOffsets(0)
	a.await("the worker is started again", func() bool { p, _ := a.platform.Now().Process("worker"); return p.Wanted })
	a.await("that is said", func() bool { return a.platform.heardSay("machine a: its clock is right again") })
	a.await("the worker says why", func() bool {
		return a.platform.heardSay("worker started again, since the clock of this machine is right again")
	})
}

func TestAnEngineWithoutAStoreIsLeftForAnother(t *testing.T) {
	t.Parallel()
	token, err := identity.NewToken([]cluster.Member{{Name: "a", Address: addressA}, {Name: "b", Address: addressB}, {Name: "c", Address: addressC}})
	if err != nil {
		t.Fatal(err)
	}
	h := prepare(t, "b", "", token.Encode(), t.TempDir())
	engine := clustertest.NewMemory()
	engine.StopStore()
	dialled := make(chan string, 10)
	conn := engine.Open()
	h.dial = func(urls []string, _ hclog.Logger) (store.Engine, error) {
		dialled <- urls[0]
		return conn, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Agent.Run(ctx, h.platform, hclog.NewNullLogger())
	}()
	t.Cleanup(func() { cancel(); close(h.platform.events); <-done })
	for _, want := range []string{addressA, addressC} { // not its own first: the others do not know of it
		select {
		case got := <-dialled:
			if got != "nats://"+want+":4222" {
				t.Errorf("got %s first, want %s", got, want)
			}
		case <-time.After(platformtest.Deadline):
			t.Fatalf("%s was never tried", want)
		}
	}
}

func TestADrainCountsOnlyEnginesThatStay(t *testing.T) {
	t.Parallel()
	h := prepare(t, "a", addressA, "", t.TempDir())
	for i, name := range []string{"b", "c"} {
		h.table = h.table.Knowing(cluster.Member{Name: name, Order: i + 2})
		h.Agent.heard[name] = &heard{at: time.Now(), beat: cluster.Beat{Engine: cluster.EngineFollower}}
	}
	if got := h.quorumNeeds(time.Now()); got != "" {
		t.Errorf("got %q", got)
	}
	h.table = h.table.With(cluster.KeyDrain+"b", cluster.Intent{})
	if got := h.quorumNeeds(time.Now()); got != "the engine would have no quorum without it: b is drained too" {
		t.Errorf("got %q", got)
	}
	later := time.Now()
	h.table = h.table.With(cluster.KeyDrain+"a", cluster.Intent{At: later}).With(cluster.KeyDrain+"b", cluster.Intent{At: later.Add(-time.Second)})
	if got := h.quorumNeeds(time.Now()); !strings.HasSuffix(got, ": b is drained too") {
		t.Errorf("b was first: got %q", got)
	}
	h.table = h.table.With(cluster.KeyDrain+"b", cluster.Intent{At: later.Add(time.Second)})
	if got := h.quorumNeeds(time.Now()); got != "" {
		t.Errorf("b came later: got %q, want that b waits", got)
	}
	h.table = h.table.With(cluster.KeyDrain+"b", cluster.Intent{At: later})
	if got := h.quorumNeeds(time.Now()); got != "" {
		t.Errorf("b came at the same moment: got %q, want that one of both goes on", got)
	}
	h.table = h.table.With(cluster.KeyDrain+"a", nil)
	h.table = h.table.With(cluster.KeyDrain+"b", nil)
	if got := h.quorumNeeds(time.Now().Add(time.Minute)); !strings.HasPrefix(got, "the engine needs this machine while that of ") {
		t.Errorf("nobody is heard: got %q", got)
	}
}

func TestMachinesRestartTheirProcessesInTurn(t *testing.T) {
	t.Parallel()
	h := prepare(t, "b", addressB, "", t.TempDir())
	table := h.table.Knowing(cluster.Member{Name: "a"}).Knowing(cluster.Member{Name: "c", Order: 9})
	sum := table.Sum()
	for _, c := range []struct {
		name    string
		machine string
		heard   *heard
		early   bool
		want    bool
	}{
		{"an earlier one is not done", "a", &heard{at: time.Now(), beat: cluster.Beat{Table: "another"}}, false, true},
		{"an earlier one is done", "a", &heard{at: time.Now(), beat: cluster.Beat{Table: sum}}, false, false},
		{"an earlier one may still be heard", "a", nil, true, true},
		{"an earlier one is not heard", "a", &heard{at: time.Now().Add(-time.Minute)}, false, false},
		{"a later one is not done", "c", &heard{at: time.Now(), beat: cluster.Beat{Table: "another"}}, false, false},
	} {
		h.Agent.heard = map[string]*heard{}
		if c.heard != nil {
			h.Agent.heard[c.machine] = c.heard
		}
		if got := h.isBefore(sum, table, c.early); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestASecondEngineIsNotDrained(t *testing.T) {
	t.Parallel()
	a, b, c, _ := three(t)
	if err := a.Drain(t.Context(), "b", true, "a test"); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*host{a, b, c} {
		h.await("the drain is known", func() bool { _, drained := h.known().Drain("b"); return drained })
		for _, second := range []string{"a", "c"} {
			err := h.Drain(t.Context(), second, true, "a test")
			if err == nil || !strings.HasPrefix(err.Error(), second+" cannot be drained while b is: ") || !strings.Contains(err.Error(), "ctl undrain b") {
				t.Errorf("%s, asked on %s: got %v, want that it is refused", second, h.Agent.Name(), err)
			}
			if _, drained := h.known().Drain(second); drained {
				t.Errorf("%s is drained although that was refused", second)
			}
		}
	}
	if err := c.Drain(t.Context(), "b", false, "a test"); err != nil {
		t.Fatal(err)
	}
	if err := c.Drain(t.Context(), "c", true, "a test"); err != nil {
		t.Errorf("c alone: got %v", err)
	}
}
