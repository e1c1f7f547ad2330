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

// names has every action with its name, in the order of help and completion. A new action
// is a constant above and a row here.
func names() []nameOf {
	return []nameOf{
		{Kill, procs.Kill.String()},
		{Restart, procs.Restart.String()},
		{Stop, procs.Stop.String()},
		{Start, procs.Start.String()},
		{Pause, procs.Pause.String()},
		{Resume, procs.Resume.String()},
		{Failover, "failover"},
		{Hold, "hold"},
		{Release, "release"},
		{Upgrade, "upgrade"},
		{SetFault, "fault"},
	}
}

type nameOf struct {
	action Action
	name   string
}

// Actions returns all actions, in the order of help and completion.
func Actions() []Action {
	var list []Action
	for _, n := range names() {
		list = append(list, n.action)
	}
	return list
}

// String returns the action's lower-case name.
func (a Action) String() string {
	for _, n := range names() {
		if n.action == a {
			return n.name
		}
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
