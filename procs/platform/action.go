package platform

import (
	"fmt"

	"livestream-tui/procs"
)

// Command asks the platform to do something.
type Command struct {
	// Process is the name of a process; empty for an action on the whole platform.
	Process string `json:"process,omitempty"`
	Action  Action `json:"action"`
	// Fault is what SetFault sets; zero for any other action.
	Fault Fault `json:"fault,omitzero"`
}

// Action is what a command does.
type Action uint8

// The actions. Those on one process are the supervisor's. Failover moves every signal away
// from its active packager. Hold plays every signal from the packager Command.Process until
// that fails; Release ends a hold. Upgrade restarts every process from the binary that is
// now on disk; Snapshot.Upgrade has its progress.
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

// Actions returns all actions, in the order of help and completion.
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

// UnmarshalText implements encoding.TextUnmarshaler. The error lists the allowed names.
func (a *Action) UnmarshalText(b []byte) error {
	for _, known := range Actions() {
		if known.String() == string(b) {
			*a = known
			return nil
		}
	}
	return fmt.Errorf("action %q: allowed are %v", b, Actions())
}
