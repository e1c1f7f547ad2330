package machine

// Action is what an operator can ask of one process.
type Action uint8

// The actions. Kill is SIGKILL, after which the restart policy applies; Stop
// stays down until Start; Restart is Stop and Start with a fresh restart budget,
// or, where sockets are held, Start and then Stop: the next incarnation takes over
// when it is ready. All but Start and Restart act on the current incarnation, and
// Stop on all; Pause is SIGSTOP of the whole group, Resume SIGCONT.
const (
	Kill Action = iota + 1
	Restart
	Stop
	Start
	Pause
	Resume
)

var actionNames = []string{"action(0)", "kill", "restart", "stop", "start", "pause", "resume"}

// String returns the action's lower-case name.
func (a Action) String() string { return nameOf("action", actionNames, uint8(a)) }
