package trouble

import (
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

func TestAMachineThatReachesNoEngineSaysSo(t *testing.T) {
	for _, c := range []struct {
		name     string
		machines []platform.Machine
		want     string
	}{
		{"none", nil, ""},
		{"on standby", []platform.Machine{{Name: "a", State: platform.MachineUp, Engine: "leader"}, {Name: "b", State: platform.MachineUp, Own: true, Engine: "standby"}}, ""},
		{"unreached", []platform.Machine{{Name: "a"}, {Name: "b", State: platform.MachineUp, Own: true, Engine: platform.EngineUnreached}}, "no engine is reached: 1 machine is not heard"},
		{"another one's", []platform.Machine{{Name: "a", Own: true, State: platform.MachineUp, Engine: "leader"}, {Name: "b", Engine: platform.EngineUnreached}}, ""},
		{"no quorum", []platform.Machine{{Name: "a", Own: true, State: platform.MachineUp, Engine: platform.EngineAlone}}, "the engine has no quorum"},
	} {
		s := scene.New(layouts.Layout{}, canvas.Glyphs{})
		s.Snapshot.Machines = c.machines
		var got []string
		for _, t := range withoutQuorum(&s) {
			got = append(got, t.What)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAMachineThatWasStoppedIsNoMachineThatIsLost(t *testing.T) {
	s := scene.New(layouts.Layout{}, canvas.Glyphs{})
	s.Now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	s.Snapshot.Machines = []platform.Machine{
		{Name: "a", Own: true, State: platform.MachineUp}, {Name: "b", State: platform.MachineStopped, Heard: s.Now.Add(-12 * time.Second)},
		{Name: "c", Heard: s.Now.Add(-5 * time.Second)}, {Name: "d"},
	}
	var got []string
	for _, t := range append(unheardMachines(&s), stoppedMachines(&s)...) {
		got = append(got, t.What)
	}
	want := []string{"machine c is not heard for 00:05", "machine d is not heard", "machine b was stopped 00:12 ago"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
