package trouble

import (
	"fmt"
	"math"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// unheardMachines finds the machines that are not heard, and were not stopped.
func unheardMachines(s *scene.Scene) []Trouble {
	return machinesThat(s, platform.MachineUnknown, "is not heard", " for %s")
}

// stoppedMachines finds the machines that were stopped in order.
func stoppedMachines(s *scene.Scene) []Trouble {
	return machinesThat(s, platform.MachineStopped, "was stopped", " %s ago")
}

// machinesThat finds the machines in a state, with the words for it and for how long.
func machinesThat(s *scene.Scene, state platform.MachineState, is, long string) []Trouble {
	var found []Trouble
	for _, m := range s.Snapshot.Machines {
		if m.State != state {
			continue
		}
		t := Trouble{About: "machine " + m.Name, What: "machine " + canvas.Clean(m.Name) + " " + is, Since: m.Heard}
		if !m.Heard.IsZero() {
			t.Brief = []string{t.What}
			t.What += fmt.Sprintf(long, canvas.Elapsed(s.Now.Sub(m.Heard)))
		}
		found = append(found, t)
	}
	return found
}

// wrongClocks finds the machines whose clock is off.
func wrongClocks(s *scene.Scene) []Trouble {
	var found []Trouble
	for _, m := range s.Snapshot.Machines {
		off := time.Duration(math.Abs(m.OffsetMS) * float64(time.Millisecond))
		if !m.State.IsHeard() || off <= platform.ClockWarningMS*time.Millisecond {
			continue
		}
		way := "ahead"
		if m.OffsetMS < 0 {
			way = "behind"
		}
		clock := "the clock of machine " + canvas.Clean(m.Name) + " is"
		found = append(found, Trouble{
			About: "clock " + m.Name, What: fmt.Sprintf("%s %s %s", clock, canvas.Millis(float64(off.Milliseconds())), way), Brief: []string{clock + " off"},
		})
	}
	return found
}

// withoutQuorum finds an engine that works and has no quorum, or that the own machine, whose
// engine is on standby, reaches none.
func withoutQuorum(s *scene.Scene) []Trouble {
	alone, unreached, missing := false, false, 0
	for _, m := range s.Snapshot.Machines {
		alone = alone || m.State.IsHeard() && m.Engine == platform.EngineAlone
		unreached = unreached || m.Own && m.Engine == platform.EngineUnreached
		if !m.State.IsHeard() {
			missing++
		}
	}
	t := Trouble{About: aboutQuorum, What: "the engine has no quorum", Process: ownEngine(s)}
	switch {
	case unreached:
		t.What = "no engine is reached"
	case !alone:
		return nil
	}
	if missing > 0 {
		t.Brief = []string{t.What}
		t.What += ": " + canvas.Count(missing, "machine") + " " + verb(missing, "is", "are") + " not heard"
	}
	return []Trouble{t}
}

// aboutQuorum tells the trouble with a quorum from all others.
const aboutQuorum = "quorum"

// ownEngine returns the name of the process that is the own machine's engine; empty without
// one.
func ownEngine(s *scene.Scene) string {
	for _, p := range s.OwnOfRole(layouts.Engine) {
		return p.Name
	}
	return ""
}

// isLeft reports whether a process is one that a drain, or its machine's clock, has stopped.
func isLeft(s *scene.Scene, p *platform.Process) bool {
	m, known := s.Snapshot.Machine(p.Machine)
	return known && !p.Wanted && (m.State == platform.MachineDraining || m.State == platform.MachineDrained)
}
