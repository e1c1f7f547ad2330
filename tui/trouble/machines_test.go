package trouble

import (
	"strings"
	"testing"

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
