package scene

import (
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
)

// Danger says why the audience would notice an action on a process. It is empty when it would
// not, and when nothing is on air.
func (s *Scene) Danger(p *platform.Process, a platform.Action) string {
	return onair.Danger(s.Snapshot, p.Name, a)
}

// SelectActive selects the first packager that players are served from. Where none is
// known, or none is a process of this platform, it leaves the selection as it is.
func (s *Scene) SelectActive() {
	for _, p := range s.Packagers {
		if p.Active && p.Process != nil {
			s.Selected = p.Process.Name
			return
		}
	}
}

// Revival returns the action that brings a process back which does not work; false when it
// comes back by itself, or works.
func Revival(p *platform.Process) (platform.Action, bool) { return onair.Revival(*p) }

// Mend returns the command to offer of those that mend a light: that on the selected process,
// or else the likeliest; false when there is none.
func (s *Scene) Mend(l platform.SignalAir) (platform.Command, bool) {
	for _, c := range l.Mends {
		if c.Process == s.Selected {
			return c, true
		}
	}
	if len(l.Mends) == 0 {
		return platform.Command{}, false
	}
	return l.Mends[0], true
}
