package tui

import "livestream-tui/procs/control"

// The states and actions of procs, which this package does not import. The
// numbers are held to their names by TestWordsAreThoseOfProcs.
const (
	stateIdle = control.State(iota)
	stateWaiting
	stateStarting
	stateRunning
	stateReady
	stateDegraded
	stateStopping
	stateExited
	stateBackoff
	stateFailed
)

const (
	actionKill = control.Action(iota + 1)
	actionRestart
	actionStop
	actionStart
	actionPause
	actionResume
)
