package procs

import (
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/procs/machine"
)

// failedFor is a machine that failed long ago, and now lacks a dependency: waiting for
// that is as far as its next start comes.
func failedFor(lacking string) machine.Machine {
	m := machine.New(machine.Spec{})
	long := time.Now().Add(-time.Hour)
	do := func(e machine.Event) {
		e.Epoch = m.Epoch
		m, _ = machine.Reduce(m, e, long)
	}
	do(machine.Event{Kind: machine.Asked, Action: Start})
	for m.State != Failed {
		do(machine.Event{Kind: machine.Ended, Exit: child.Exit{Code: 1}})
		do(machine.Event{Kind: machine.TimedOut, Timer: machine.BackoffTimer})
	}
	do(machine.Event{Kind: machine.Dependencies, Lacking: []string{lacking}})
	return m
}

// A dependency that only flaps is not back: else a process that fails beside it would
// start at each flap.
func TestADependencyIsBackOnceInEachIncarnation(t *testing.T) {
	reporter := &process{spec: Spec{Name: "reporter"}, readied: 1}
	discovery := &process{spec: Spec{Name: "discovery", DependsOn: []string{"reporter"}}}
	s := &Supervisor{
		o:        Options{Specs: []Spec{reporter.spec, discovery.spec}, OnStatus: func(Status) {}},
		procs:    map[string]*process{"reporter": reporter, "discovery": discovery},
		statuses: map[string]Status{},
	}
	for _, c := range []struct {
		name  string
		epoch int
		want  State
	}{
		{"the incarnation that was ready before", 1, Failed},
		{"another one", 2, Waiting},
		{"that one again", 2, Failed},
	} {
		discovery.machine = failedFor("origin")
		reporter.machine = machine.Machine{State: Ready, Epoch: c.epoch}
		s.notifyOthers(reporter, machine.Machine{State: Degraded, Epoch: c.epoch})
		if got := discovery.machine.State; got != c.want {
			t.Errorf("%s: discovery is %s, want %s", c.name, got, c.want)
		}
	}
}
