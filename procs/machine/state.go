package machine

// State is where a process is in its life. docs/ARCHITECTURE.md shows the way from one to
// the next.
type State uint8

// The states of a process. The zero value is Idle.
const (
	Idle     State = iota // not wanted, or never started
	Waiting               // wanted; a dependency is not ready yet
	Starting              // runs; has not answered a health probe yet
	Running               // runs and answers its health probe; not ready yet
	Ready                 // runs and is ready
	Degraded              // runs, was ready, is not now
	Stopping              // was asked to stop
	Exited                // has ended and does not come back by itself
	Backoff               // has ended and is about to be started again
	Failed                // ended too often, or with a status that forbids a restart
)

var stateNames = []string{"idle", "waiting", "starting", "running", "ready", "degraded", "stopping", "exited", "backoff", "failed"}

// String returns the lower-case name, as logs, JSON and screen show it.
func (s State) String() string { return nameOf("state", stateNames, uint8(s)) }

// MarshalText implements encoding.TextMarshaler.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *State) UnmarshalText(b []byte) error {
	i, err := valueOf("state", stateNames, b)
	if err == nil {
		*s = State(i)
	}
	return err
}
