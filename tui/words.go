package tui

import "livestream-tui/procs/control"

// action is what an operator can ask for.
type action = control.Action

// The states of procs, which this package does not import. The numbers are held
// to their names by TestStatesAreThoseOfProcs.
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
	actionKill     = control.Kill
	actionRestart  = control.Restart
	actionStop     = control.Stop
	actionStart    = control.Start
	actionPause    = control.Pause
	actionResume   = control.Resume
	actionFailover = control.Failover
	actionHold     = control.Hold
)

// actionText is the action's name for people.
func actionText(a action) string {
	if a == actionFailover {
		return "fail over"
	}
	return a.String()
}
