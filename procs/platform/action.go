package platform

import (
	"fmt"

	"livestream-tui/procs"
)

// Action is what can be asked of the platform.
type Action uint8

// The actions on one process are procs'. Failover moves every signal away from its
// active packager. Hold plays every signal from one packager, Command.Process, until that
// fails; Release ends a hold. Upgrade restarts every process
// from the binary that is now on disk; Snapshot.Upgrade tells how far it has got.
// SetFault sets the fault switch of a process to Command.Fault, for drills.
const (
	Kill     = Action(procs.Kill)
	Restart  = Action(procs.Restart)
	Stop     = Action(procs.Stop)
	Start    = Action(procs.Start)
	Pause    = Action(procs.Pause)
	Resume   = Action(procs.Resume)
	Failover = Action(64)
	Hold     = Action(65)
	Upgrade  = Action(66)
	SetFault = Action(67)
	Release  = Action(68)
)

// Actions are all of them, in the order of help and completion.
func Actions() []Action {
	return []Action{Kill, Restart, Stop, Start, Pause, Resume, Failover, Hold, Release, Upgrade, SetFault}
}

// String returns the action's lower-case name.
func (a Action) String() string {
	switch a {
	case Failover:
		return "failover"
	case Hold:
		return "hold"
	case Upgrade:
		return "upgrade"
	case SetFault:
		return "fault"
	case Release:
		return "release"
	}
	return procs.Action(a).String()
}

// MarshalText implements encoding.TextMarshaler.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; a name that is no action is
// an error that lists the allowed ones.
func (a *Action) UnmarshalText(b []byte) error {
	for _, known := range Actions() {
		if known.String() == string(b) {
			*a = known
			return nil
		}
	}
	return fmt.Errorf("action %q: allowed are %v", b, Actions())
}
