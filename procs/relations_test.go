package procs

import "testing"

// A dependency that only flaps is not back: who fails beside it would else start at
// each flap.
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
		// Waiting for another process is as far as its start comes here.
		discovery.machine = Machine{State: Failed, Wanted: true, failing: true, lacking: []string{"origin"}}
		reporter.machine = Machine{State: Ready, Epoch: c.epoch}
		s.tellOthers(reporter, Machine{State: Degraded, Epoch: c.epoch})
		if got := discovery.machine.State; got != c.want {
			t.Errorf("%s: discovery is %s, want %s", c.name, got, c.want)
		}
	}
}
