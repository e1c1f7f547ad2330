package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/services/cluster/clustertest"
)

func TestALayoutWithoutAnEngineIsNotChanged(t *testing.T) {
	t.Parallel()
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	o := local.Options{Layout: layout}
	if agent, err := Prepare(&o, "v1"); agent != nil || err != nil || o.Env != nil || o.Machine != "" || fmt.Sprint(o.Layout) != fmt.Sprint(layout) {
		t.Errorf("got %v, %v, %+v", agent, err, o)
	}
}

func TestAMachineAloneKnowsItself(t *testing.T) {
	t.Parallel()
	h := prepare(t, "a", "", "", t.TempDir())
	if o := h.options; o.Machine != "a" || o.Address != identity.Loopback || o.Env["ADMIN_TOKEN"] == "" || o.Env["INGEST_TOKEN"] != "" {
		t.Errorf("got machine %s, address %s, %v", o.Machine, o.Address, o.Env)
	}
	for variable, want := range map[string]string{
		"PACKAGERS": "http://127.0.0.1:8080,http://127.0.0.1:9090", "ORIGIN_URL": "http://127.0.0.1:8001", "ENGINE_URL": "nats://127.0.0.1:4222", "BIND_ADDRESS": "",
	} {
		if got := h.platform.environment("proxy", variable); got != want {
			t.Errorf("%s: got %q, want %q", variable, got, want)
		}
	}
	if got := h.platform.environment("engine", "ENGINE_PEERS"); got != "a=127.0.0.1:6222" {
		t.Errorf("got %q", got)
	}
}

func TestWhatALayoutSetsCounts(t *testing.T) {
	t.Parallel()
	layout, err := layouts.Load("cluster")
	if err != nil {
		t.Fatal(err)
	}
	for i := range layout.Processes {
		layout.Processes[i].Environment = map[string]string{"PACKAGERS": "http://shield:80"}
	}
	o := local.Options{Layout: layout, Env: map[string]string{"STATE_PATH": t.TempDir(), "MACHINE": "a", "ENGINE_PORT": "14222"}}
	if _, err := Prepare(&o, "v1"); err != nil {
		t.Fatal(err)
	}
	for _, p := range o.Layout.Processes {
		if got := p.Environment["PACKAGERS"]; got != "http://shield:80" {
			t.Errorf("%s: got %q", p.Name, got)
		}
		if p.Name == "proxy" && p.Environment["ENGINE_URL"] != "nats://127.0.0.1:14222" {
			t.Errorf("the port of the engine: got %v", p.Environment)
		}
	}
}

func TestThreeMachinesLearnOfEachOther(t *testing.T) {
	t.Parallel()
	a, _, c, _ := three(t)
	a.platform.mu.Lock()
	restarts := slices.Clone(a.platform.restarts)
	a.platform.mu.Unlock()
	want := []string{
		"machine b has joined: worker server1 server2 reporter discovery origin proxy viewer",
		"machine c has joined: engine",
		"machine c has joined: worker server1 server2 reporter discovery origin proxy viewer",
	}
	if !slices.Equal(restarts, want) {
		t.Errorf("got %q, want %q", restarts, want)
	}
	if got := c.platform.environment("engine", "ENGINE_PEERS"); got != "a=127.0.0.2:6222,b=127.0.0.3:6222,c=127.0.0.4:6222" {
		t.Errorf("the engines: got %q", got)
	}
	a.await("the clocks are measured", func() bool {
		for _, m := range a.Machines() {
			if len(m.Links) != 2 {
				return false
			}
		}
		return true
	})
	m := a.Machines()[1]
	if m.Name != "b" || m.Address != addressB || m.Version != "v1" || m.Processes != 9 || m.Working != 9 || m.CPUs == 0 || m.OffsetMS > 50 || m.Links[0].To != "a" {
		t.Errorf("got %+v", m)
	}
	if len(m.Packagers) != 2 || m.Packagers["http://"+addressB+":9090"] != "server2" {
		t.Errorf("its packagers: got %v", m.Packagers)
	}
}

func TestAMachineStartsWithWhatItLastKnewWithoutAnEngine(t *testing.T) {
	t.Parallel()
	a, b, _, engine := three(t)
	b.await("it keeps a copy", func() bool { return len(b.Members()) == 3 })
	state := b.options.Env["STATE_PATH"]
	b.end()
	engine.StopStore()
	engine.StopBus()
	again := prepare(t, "b", addressB, "", state)
	again.awaitPackagers(addressA, addressB, addressC)
	again.run(engine)
	if got := again.Machines(); len(got) != 3 || got[0].State != platform.MachineUnknown || got[1].State != platform.MachineUp {
		t.Errorf("got %+v", got)
	}
	a.await("a does not hear it", func() bool { return a.platform.heardSay("machine b is not heard") })
	engine.StartStore()
	engine.StartBus()
	a.await("a hears it again", func() bool { return a.platform.heardSay("machine b is heard again, after ") })
	again.platform.mu.Lock()
	defer again.platform.mu.Unlock()
	if len(again.platform.restarts) > 0 {
		t.Errorf("got restarts %q", again.platform.restarts)
	}
}

func TestAMachineThatIsStoppedInOrderSaysSo(t *testing.T) {
	t.Parallel()
	a, b, _, engine := three(t)
	b.platform.change(func(s *platform.Snapshot) { s.Stopping = true })
	a.await("a knows that it is being stopped", func() bool { return a.Machines()[1].Reason == "it is being stopped" })
	b.end()
	a.await("it is stopped", func() bool { return a.Machines()[1].State == platform.MachineStopped })
	a.await("that is announced", func() bool { return a.platform.heardSay("machine b is stopped") })
	if a.platform.heardSay("machine b is not heard") {
		t.Error("it was announced as a machine that is not heard")
	}
	again := prepare(t, "b", addressB, "", b.options.Env["STATE_PATH"])
	again.run(engine)
	a.await("a hears it again", func() bool {
		return a.Machines()[1].State == platform.MachineUp && a.platform.heardSay("machine b is heard again, after ")
	})
}

func TestTheVersionOfAMachineIsThatOfItsProcesses(t *testing.T) {
	t.Parallel()
	const onDisk = "livestream-tui v2 (go1.26.8 linux/amd64)"
	now := time.Now()
	for _, c := range []struct {
		name    string
		upgrade *platform.Upgrading
		want    string
	}{
		{"before an upgrade", nil, "v1"},
		{"during one", &platform.Upgrading{Began: now, Version: onDisk}, "v1"},
		{"after one", &platform.Upgrading{Began: now, Ended: now, Version: onDisk}, "v2"},
		{"after one that failed", &platform.Upgrading{Began: now, Ended: now, Version: onDisk, Error: "it exits"}, "v1"},
		{"of a binary that says something else", &platform.Upgrading{Began: now, Ended: now, Version: "v2"}, "v1"},
	} {
		if got := (&Agent{version: "v1"}).versionOf(platform.Snapshot{Upgrade: c.upgrade}); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAWipedStoreIsFilledAgainAndNothingRestarts(t *testing.T) {
	t.Parallel()
	a, b, c, engine := three(t)
	if err := a.Drain(t.Context(), "c", true, "a test"); err != nil {
		t.Fatal(err)
	}
	c.await("c knows", func() bool { _, is := c.known().Drain("c"); return is })
	b.end() // it says nothing for itself
	word := c.known().Word
	engine.Wipe()
	conn := engine.Open()
	c.await("all is there again", func() bool {
		for _, key := range []string{"machine.a", "machine.b", "machine.c", "svc.packager.b.server1", "intent.drain.c"} {
			if _, err := conn.Get(t.Context(), key); err != nil {
				return false
			}
		}
		return c.known().Word != word && a.known().Word == c.known().Word
	})
	for _, h := range []*host{a, c} {
		h.platform.mu.Lock()
		if n := len(h.platform.restarts); n > 3 || h == c && n > 1 {
			t.Errorf("%s: got restarts %q", h.Agent.Name(), h.platform.restarts)
		}
		h.platform.mu.Unlock()
	}
}

func TestAMachineThatIsRemovedIsForgotten(t *testing.T) {
	t.Parallel()
	a, b, c, engine := three(t)
	b.end()
	conn := engine.Open()
	if err := conn.Delete(t.Context(), "machine.b", nil); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*host{a, c} {
		h.awaitPackagers(addressA, addressC)
		h.platform.mu.Lock()
		if last := h.platform.restarts[len(h.platform.restarts)-1]; !strings.HasPrefix(last, "machine b was removed: ") {
			t.Errorf("%s: got %q", h.Agent.Name(), last)
		}
		h.platform.mu.Unlock()
	}
}

func TestWhatAnOperatorStopsStaysStopped(t *testing.T) {
	t.Parallel()
	engine := clustertest.NewMemory()
	state := t.TempDir()
	h := prepare(t, "a", "", "", state).run(engine)
	send := func(action platform.Action, process, refused string) {
		h.platform.events <- platform.Event{Time: time.Now(), Process: process, What: platform.Commanded{Action: action, Process: process, Refused: refused}}
	}
	send(platform.Stop, "server1", "")
	send(platform.Stop, "server2", "refused")
	send(platform.Stop, "viewer", "")
	send(platform.Start, "viewer", "")
	conn := engine.Open()
	h.await("it is in the Store", func() bool {
		_, err := conn.Get(t.Context(), "intent.stop.a.server1")
		return err == nil && len(h.known().Pending) == 0
	})
	h.end()
	again := prepare(t, "a", "", "", state)
	if got := again.options.Stopped; !slices.Equal(got, []string{"server1"}) {
		t.Errorf("got %v", got)
	}
}
