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
	// Signal is the signal that Failover, Hold and Release are for; empty means every signal.
	// SwitchInput is for one live signal.
	Signal string `json:"signal,omitempty"`
	// Input is the input of Signal that SwitchInput shows, or "auto".
	Input string `json:"input,omitempty"`
	// Machine is the machine that Drain, Undrain and Upgrade are for; empty for any other
	// action, and for an upgrade of the own machine.
	Machine string `json:"machine,omitempty"`
	// Incarnation is that of Process when the command was given, for a process of another
	// machine: where it has another one by now, the command is refused. Zero is not checked.
	Incarnation int `json:"incarnation,omitempty"`
	// Fault is what SetFault sets; zero for any other action.
	Fault Fault `json:"fault,omitzero"`
	// Drill is what NoteDrill notes; nil for any other action.
	Drill *Drilled `json:"drill,omitempty"`
	// By is the source of the command. A client sets Via and Key.
	By Actor `json:"by,omitzero"`
}

// Action is what a command does.
type Action uint8

// The actions. Those on one process are the supervisor's. Failover moves Command.Signal
// away from its active packager. Hold plays it from the packager Command.Process until that
// fails; Release ends a hold. Upgrade restarts every process from the binary that is
// now on disk; Snapshot.Upgrade has its progress. SwitchInput shows Command.Input of a live
// signal until it fails; "auto" leaves the choice to the receiver again.
// Drain moves what Command.Machine does to other machines, until it may be switched off;
// Undrain takes that back.
// SetFault sets the fault switch of a process to Command.Fault, for drills. NoteDrill puts
// Command.Drill into the journal: a drill runs in the client.
const (
	Kill        = Action(procs.Kill)
	Restart     = Action(procs.Restart)
	Stop        = Action(procs.Stop)
	Start       = Action(procs.Start)
	Pause       = Action(procs.Pause)
	Resume      = Action(procs.Resume)
	Failover    = Action(64)
	Hold        = Action(65)
	Upgrade     = Action(66)
	SetFault    = Action(67)
	Release     = Action(68)
	NoteDrill   = Action(69)
	SwitchInput = Action(70)
	Drain       = Action(71)
	Undrain     = Action(72)
)

// target is what an action is applied to.
type target uint8

const (
	toProcess  target = iota // any process of the layout
	toPackager               // a process that is a packager
	toPlatform               // no process: the whole platform
)

// row is an action with its name and its target.
type row struct {
	action Action
	name   string
	to     target
}

// rows has every action, in the order of help and completion. A new action is a constant
// above and a row here.
func rows() []row {
	return []row{
		{Kill, procs.Kill.String(), toProcess},
		{Restart, procs.Restart.String(), toProcess},
		{Stop, procs.Stop.String(), toProcess},
		{Start, procs.Start.String(), toProcess},
		{Pause, procs.Pause.String(), toProcess},
		{Resume, procs.Resume.String(), toProcess},
		{Failover, "failover", toPlatform},
		{Hold, "hold", toPackager},
		{Release, "release", toPlatform},
		{SwitchInput, "input", toPlatform},
		{Drain, "drain", toPlatform},
		{Undrain, "undrain", toPlatform},
		{Upgrade, "upgrade", toPlatform},
		{SetFault, "fault", toProcess},
		{NoteDrill, "note drill", toPlatform},
	}
}

func (a Action) target() target {
	for _, r := range rows() {
		if r.action == a {
			return r.to
		}
	}
	return toProcess
}

// Actions returns all actions, in the order of help and completion.
func Actions() []Action {
	var list []Action
	for _, r := range rows() {
		list = append(list, r.action)
	}
	return list
}

// String returns the action's lower-case name.
func (a Action) String() string {
	for _, r := range rows() {
		if r.action == a {
			return r.name
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
