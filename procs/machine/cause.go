package machine

// Cause is why a process is in its state, as a code. The words of it, with names and
// numbers, are the reason.
type Cause uint8

// The causes. The zero value is CauseNone.
const (
	CauseNone          Cause = iota // the state needs no explanation
	CauseDependency                 // a dependency has not been ready yet
	CauseUnready                    // the service says that it is not ready
	CauseExit                       // it ended by itself
	CauseConfiguration              // it ended with the status of a bad configuration
	CauseNotStarted                 // it could not be started
	CauseStartTimeout               // it did not become ready in time
	CauseHung                       // it missed its health probes
	CauseKilled                     // an operator killed it
	CauseRestart                    // an operator asked for a restart
	CauseStop                       // an operator asked for a stop, or it was stopped
	CauseShutdown                   // the platform is stopping
	CauseStopTimeout                // it did not stop in time and is being killed
	CauseUnstoppable                // some of its group live on after KILL
	CauseDraining                   // the incarnation before finishes its responses
	CauseRestartFailed              // the next incarnation never became ready: the one before stays
)

var causeNames = []string{
	"", "dependency", "unready", "exit", "configuration", "not-started", "start-timeout", "hung", "killed",
	"restart", "stop", "shutdown", "stop-timeout", "unstoppable", "draining", "restart-failed",
}

// String returns the code, as JSON has it; empty for CauseNone.
func (c Cause) String() string { return nameOf("cause", causeNames, uint8(c)) }

// MarshalText implements encoding.TextMarshaler.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A code that only a later version
// knows is read as CauseNone.
func (c *Cause) UnmarshalText(b []byte) error {
	i, _ := valueOf("cause", causeNames, b)
	*c = Cause(i)
	return nil
}

// failure is why an incarnation ended, or is about to be killed for a fault of its own.
// The zero value is no failure.
type failure struct {
	cause Cause
	text  string
}

func (f failure) is() bool { return f.cause != CauseNone }
