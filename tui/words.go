package tui

import "livestream-tui/procs/control"

// action is what an operator can ask for.
type action = control.Action

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
	actionKill = action(iota + 1)
	actionRestart
	actionStop
	actionStart
	actionPause
	actionResume
)

// The actions that are not a process supervisor's: failover moves every signal
// from its active packager; hold plays every signal from one packager until that
// fails or is held again, which releases it.
const (
	actionFailover = action(iota + 64)
	actionHold
)

// actionText is the action's name for people.
func actionText(a action) string {
	switch a {
	case actionFailover:
		return "fail over"
	case actionHold:
		return "hold"
	}
	return a.String()
}
