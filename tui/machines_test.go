package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// hasMachines reports whether a state is one of a cluster.
func hasMachines(state string) bool { return strings.HasPrefix(state, "machines ") }

// machineStates are the states of a platform of several machines.
func machineStates() map[string]func(s *platform.Snapshot) {
	is := func(names []string, by func(s *platform.Snapshot)) func(s *platform.Snapshot) {
		return func(s *platform.Snapshot) {
			onMachines(s, names...)
			by(s)
		}
	}
	three := []string{"a", "b", "c"}
	return map[string]func(s *platform.Snapshot){
		"machines well":  is(three, func(*platform.Snapshot) {}),
		"machines alone": is(three[:1], func(*platform.Snapshot) {}),
		"machines unknown": is(three, func(s *platform.Snapshot) {
			unheard(s, "c")
		}),
		"machines clock off": is(three, func(s *platform.Snapshot) {
			of(s, "b").OffsetMS, of(s, "b").Reason = 130, "its clock is 130ms ahead"
		}),
		"machines draining": is(three, func(s *platform.Snapshot) {
			b := of(s, "b")
			b.State, b.Reason, b.Working = platform.MachineDraining, "players are still served from server1", 8
			gone(s, "b/worker", platform.Exited, "stopped, since this machine is being drained and other workers air its signals")
			status(s, "b/worker", func(p *platform.Process) { p.Wanted = false })
		}),
		"machines no quorum": is(three, func(s *platform.Snapshot) {
			unheard(s, "b")
			unheard(s, "c")
			of(s, "a").Engine = platform.EngineAlone
			status(s, "engine", func(p *platform.Process) { p.State, p.Reason = platform.Degraded, "no quorum" })
		}),
	}
}

// of returns a machine of a snapshot.
func of(s *platform.Snapshot, name string) *platform.Machine {
	i := slices.IndexFunc(s.Machines, func(m platform.Machine) bool { return m.Name == name })
	return &s.Machines[i]
}

// unheard makes a machine one that has not been heard for 12 seconds.
func unheard(s *platform.Snapshot, name string) {
	m := of(s, name)
	m.State, m.Reason, m.Heard = platform.MachineUnknown, "not heard for 12s", s.At.Add(-12*time.Second)
	for i := range s.Processes {
		if s.Processes[i].Machine == name {
			s.Processes[i].Unheard = true
		}
	}
	for i := range s.Details {
		for j := range s.Details[i].Packagers {
			if p := &s.Details[i].Packagers[j]; strings.HasPrefix(p.URL, "http://"+m.Address+":") {
				p.State, p.Reason = report.Down, "nothing within 1s"
			}
		}
	}
}

// onMachines makes a platform the first of several machines, with the same processes on each.
func onMachines(s *platform.Snapshot, names ...string) {
	addresses := map[string]string{"a": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3"}
	if len(s.Machines) > 0 { // it was done, and its records are still read
		s.Processes = slices.DeleteFunc(slices.Clone(s.Processes), func(p platform.Process) bool { return !p.IsOwn() || p.Role == layouts.Engine })
	}
	engine := s.Processes[3]
	engine.Name, engine.Service, engine.Role, engine.Port, engine.PID, engine.CPU, engine.RSS = "engine", "engine", layouts.Engine, 4222, 4699, 0.9, 22<<20
	own := slices.Concat([]platform.Process{engine}, s.Processes)
	s.Layout, s.Processes, s.Machines = "cluster", nil, nil
	details := s.Details
	s.Details = slices.Clone(details)
	for d := range s.Details {
		s.Details[d].Packagers = nil
	}
	for i, name := range names {
		for _, p := range own {
			p.Machine = name
			if p.Port != 0 {
				p.Address = "http://" + addresses[name] + strings.TrimPrefix(platform.Process{Port: p.Port}.URL(), "http://localhost")
			}
			if i > 0 {
				p.Name, p.PID = platform.OnMachine(name, p.Name), p.PID+1000*i
			}
			s.Processes = append(s.Processes, p)
		}
		for d := range s.Details {
			for _, p := range details[d].Packagers[:2] {
				_, port, _ := strings.Cut(strings.TrimPrefix(p.URL, "http://"), ":")
				p.URL = "http://" + addresses[name] + ":" + port
				s.Details[d].Packagers = append(s.Details[d].Packagers, p)
			}
		}
		m := platform.Machine{
			Name: name, Address: addresses[name], State: platform.MachineUp, Own: i == 0, Heard: s.At, Version: "v1.16.0", Layout: "cluster", Load: 0.62 + 0.5*float64(i), CPUs: 4,
			MemoryUsed: int64(3+i) << 30, MemoryTotal: 16 << 30, Engine: "follower", Working: len(own), Processes: len(own), OffsetMS: float64(i) * 0.4,
		}
		if i == 0 {
			m.Engine = "leader"
		}
		for _, other := range names {
			if other != name {
				m.Links = append(m.Links, platform.MachineLink{To: other, RTTms: 0.3 + 0.1*float64(i)})
			}
		}
		s.Machines = append(s.Machines, m)
	}
	for i := range s.Failovers {
		s.Failovers[i].From, s.Failovers[i].To = onFirst(s.Failovers[i].From), onFirst(s.Failovers[i].To)
	}
	s.Viewings, s.Live = slices.Clone(s.Viewings), slices.Clone(s.Live)
	for i := range s.Viewings {
		s.Viewings[i].Packager = onFirst(s.Viewings[i].Packager)
	}
	for i := range s.Live {
		s.Live[i].Server = onFirst(s.Live[i].Server)
	}
}

// playedIn returns a report of a viewer as it is in a state: in a cluster it plays from the
// first machine.
func playedIn(state string, v platform.ViewingAt) platform.ViewingAt {
	if hasMachines(state) {
		v.Packager = onFirst(v.Packager)
	}
	return v
}

// onFirst returns a URL as that of the first machine.
func onFirst(url string) string { return strings.Replace(url, "localhost", "10.0.0.1", 1) }

func TestAProcessOfAnotherMachineIsCommandedByItsKeys(t *testing.T) {
	m, f := newTestModel(t, "machines well", 120, 36, colour)
	m.scene.Selected = "c/server1"
	m.chosen = true
	typed(m, "K")
	want := platform.Command{Process: "c/server1", Action: platform.Kill, Incarnation: 1}
	if got := f.asked(); !slices.Equal(got, []platform.Command{want}) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestTheCursorStaysWhereItIsWhenAMachineIsNotHeard: its key must not act on another process
// than the operator has chosen.
func TestTheCursorStaysWhereItIsWhenAMachineIsNotHeard(t *testing.T) {
	m, f := newTestModel(t, "machines well", 120, 36, colour)
	m.scene.Selected = "c/server2"
	m.chosen = true
	m.touch()
	f.change(func(s *platform.Snapshot) { unheard(s, "c") })
	s, _ := f.Snapshot(t.Context())
	s.At = s.At.Add(2 * idleFor)
	m.take(polled{s.At, s, nil})
	if len(m.troubles) == 0 || m.scene.Selected != "c/server2" {
		t.Errorf("got %s selected, and troubles %v", m.scene.Selected, m.troubles)
	}
}

func TestAMachineIsDrainedAndUndrained(t *testing.T) {
	for state, want := range map[string]platform.Action{"machines well": platform.Drain, "machines draining": platform.Undrain} {
		m, f := newTestModel(t, state, 120, 36, colour)
		m.focus = machinesPanel
		typed(m, "j", "d")
		if c, asks := m.dialog.(*confirm); asks != (want == platform.Drain) {
			t.Fatalf("%s: got dialog %+v", state, c)
		}
		typed(m, "y")
		if got := f.asked(); len(got) != 1 || got[0].Action != want || got[0].Machine != "b" {
			t.Errorf("%s: got %+v, want %s of b", state, got, want)
		}
	}
}

func TestADrainIsAnEventOfItsMachine(t *testing.T) {
	m, f := newTestModel(t, "machines well", 120, 36, colour)
	f.mu.Lock()
	f.journal = append(f.journal, platform.Event{Time: noon, What: platform.Commanded{Action: platform.Drain, Machine: "b", By: platform.Actor{User: "ann"}}},
		platform.Event{Time: noon.Add(-time.Second), Machine: "c", What: platform.Started{Layout: "edge"}})
	f.mu.Unlock()
	if r, is := m.remember(0)().(remembered); is {
		m.takeJournal(r)
	}
	screen := ansi.Strip(m.View())
	for _, want := range []string{"drain   b ", "start   c "} {
		if !strings.Contains(screen, want) {
			t.Errorf("the events lack %q:\n%s", want, screen)
		}
	}
}

func TestAFailoverOfAnotherMachinesProxyNamesTheMachine(t *testing.T) {
	m, f := newTestModel(t, "machines well", 120, 36, colour)
	move := event.Failover{Signal: "live01", From: "http://10.0.0.1:8080", To: "http://10.0.0.1:9090", Cause: "refused", GapMS: -1, MSNBefore: 1, MSNAfter: 2}
	f.mu.Lock()
	f.journal = append(f.journal, platform.Event{Time: noon, Process: "proxy", What: move}, platform.Event{Time: noon, Process: "b/proxy", Machine: "b", What: move})
	f.mu.Unlock()
	if r, is := m.remember(0)().(remembered); is {
		m.takeJournal(r)
	}
	screen := ansi.Strip(m.View())
	if strings.Count(screen, "on b: refused") != 1 || strings.Count(screen, "refused") < 2 {
		t.Errorf("want b's failover to name it, and the own one to name none:\n%s", screen)
	}
}

func TestWhatHasComeOfADrain(t *testing.T) {
	for _, c := range []struct {
		action  platform.Action
		state   platform.MachineState
		want    string
		settled bool
	}{
		{platform.Drain, platform.MachineUp, "b is being drained: its workers are stopping", false},
		{platform.Drain, platform.MachineDrained, "b is drained: it may be switched off", true},
		{platform.Undrain, platform.MachineDraining, "b is still draining", false},
		{platform.Undrain, platform.MachineUp, "b takes part again", true},
	} {
		now := platform.Snapshot{Machines: []platform.Machine{{Name: "b", State: c.state, Reason: "its workers are stopping"}}}
		if got := outcomeOf(platform.Command{Action: c.action, Machine: "b"}, now, nil, now); got.text != c.want || got.settled != c.settled {
			t.Errorf("%s while %s: got %+v, want %q", c.action, c.state, got, c.want)
		}
	}
}

func TestTheMachinesAreShownAndLeft(t *testing.T) {
	m, _ := newTestModel(t, "machines well", 120, 36, colour)
	m.goTo(2)
	typed(m, "M")
	if !m.zoomed || m.focus != machinesPanel || !strings.Contains(ansi.Strip(m.View()), "ADDRESS") {
		t.Errorf("got focus %s, zoomed %t:\n%s", m.focus, m.zoomed, ansi.Strip(m.View()))
	}
	typed(m, "M")
	if m.zoomed {
		t.Error("it is still zoomed")
	}
}

func TestWhatIsWrongWithMachinesIsTold(t *testing.T) {
	for state, want := range map[string][]string{
		"machines well":      nil,
		"machines alone":     nil,
		"machines unknown":   {"machine c is not heard for 00:12"},
		"machines clock off": {"the clock of machine b is 130ms ahead"},
		"machines draining":  nil,
		"machines no quorum": {"machine b is not heard for 00:12", "machine c is not heard for 00:12", "the engine has no quorum: 2 machines are not heard"},
	} {
		m, _ := newTestModel(t, state, 120, 36, colour)
		var got []string
		for _, t := range m.troubles {
			got = append(got, t.What)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", state, got, want)
		}
	}
}

func TestWhatAMachineDidWhileItWasNotHeardIsToldOnceItIsBack(t *testing.T) {
	m, f := newTestModel(t, "machines unknown", 120, 36, colour)
	look := func() {
		m.known.past = nil
		if r, is := m.remember(0)().(remembered); is {
			m.takeJournal(r)
		}
	}
	look()
	f.mu.Lock()
	missed := platform.Event{Time: noon.Add(-20 * time.Minute), Process: "c/server1", Machine: "c", What: platform.Exit{Times: 1, Reason: "exit status 7", Since: noon.Add(-20 * time.Minute)}}
	f.journal = append([]platform.Event{missed}, f.journal...) // it is long past
	f.mu.Unlock()
	told := func() bool {
		return slices.ContainsFunc(m.known.events, func(e platform.Event) bool { return e.Machine == "c" })
	}
	if look(); told() {
		t.Fatal("it is told before the machine is heard")
	}
	f.change(func(s *platform.Snapshot) { of(s, "c").State = platform.MachineUp })
	s, _ := f.Snapshot(t.Context())
	m.take(polled{s.At, s, nil})
	if look(); !told() {
		t.Errorf("it is not told: %d events", len(m.known.events))
	}
}
