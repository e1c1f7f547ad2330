package drill

import "livestream-tui/procs/control"

// The actions and states of procs by the numbers and names under which they travel:
// only procs/control is below this package.
const (
	actionKill control.Action = iota + 1
	actionRestart
	actionStop
	actionStart
	actionPause
	actionResume
)

// ready is the state of a process that does what it is there for.
const ready = "ready"

func isReady(p control.Process) bool { return p.State.String() == ready }
