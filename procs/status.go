// Package procs supervises child processes: starts them in the order of their
// dependencies, watches their health, restarts what dies and stops everything in
// the end. It knows nothing of HLS and nothing of the screen.
package procs

import (
	"fmt"
	"strings"
	"time"
)

// State is where a process is in its life. See DESIGN.md, supervision.
type State uint8

// The states of a process. The zero value is Idle.
const (
	Idle     State = iota // not wanted, or never started
	Waiting               // wanted; a dependency is not ready yet
	Starting              // runs; has not been ready yet
	Running               // runs and answers its health probe; not ready yet
	Ready                 // runs and is ready
	Degraded              // runs, was ready, is not now
	Stopping              // was asked to stop
	Exited                // has ended and is not to come back by itself
	Backoff               // has ended and is to be started again
	Failed                // ended too often, or with a status that forbids a restart
)

var stateNames = [...]string{"idle", "waiting", "starting", "running", "ready", "degraded", "stopping", "exited", "backoff", "failed"}

// String returns the lower-case name, as logs, JSON and screen show it.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *State) UnmarshalText(b []byte) error {
	for i, name := range stateNames {
		if name == string(b) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("state %q: allowed are %v", b, stateNames)
}

// RestartPolicy says what brings an ended process back.
type RestartPolicy uint8

// The restart policies. The zero value is RestartAlways.
const (
	RestartAlways    RestartPolicy = iota
	RestartOnFailure               // only after a status other than 0
	RestartNever
)

var policyNames = [...]string{"always", "on-failure", "never"}

// String returns the policy as layouts write it.
func (p RestartPolicy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("policy(%d)", uint8(p))
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *RestartPolicy) UnmarshalText(b []byte) error {
	for i, name := range policyNames {
		if name == string(b) {
			*p = RestartPolicy(i)
			return nil
		}
	}
	return fmt.Errorf("restart policy %q: allowed are %v", b, policyNames)
}

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

var actionNames = [...]string{"", "kill", "restart", "stop", "start", "pause", "resume"}

// String returns the action's lower-case name.
func (a Action) String() string {
	if a > 0 && int(a) < len(actionNames) {
		return actionNames[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Spec is one process to supervise.
type Spec struct {
	// Name is unique among the specs of a supervisor.
	Name string
	// Argv is the command; Argv[0] is an absolute path. Never a shell.
	Argv []string
	// Env is the whole environment, KEY=VALUE; the supervisor adds the probe's
	// socket as SERVICE_SOCKET.
	Env []string
	// Dir is the working directory; empty for the supervisor's.
	Dir string
	// DependsOn are names of processes that must be ready before this one starts.
	DependsOn []string
	// Kind is common to those that stand in for each other: while none of them is
	// ready and not paused, each is started again a second after its end at the
	// latest, and one that has failed after 10 s. Empty: nobody stands in for it.
	Kind    string
	Restart RestartPolicy
	// Held are listening sockets that the supervisor holds and hands to each
	// incarnation from descriptor 3 on, as systemd does (sd_listen_fds(3); without
	// LISTEN_PID, which nobody knows before the fork). Connections wait in the
	// backlog while no incarnation runs.
	Held []Socket
	// Grace is how long a TERM may take before KILL; zero means 5 s.
	Grace time.Duration
	// FinishGrace is how long an incarnation may take to end after another has
	// taken over from it; zero means 15 s. Only with Held.
	FinishGrace time.Duration
	// StartTimeout is how long the process may take to become ready, counted
	// from its start or its last progress event; zero means 15 s.
	StartTimeout time.Duration
}

// Socket is a TCP socket to listen on.
type Socket struct {
	// Name is told in LISTEN_FDNAMES; without a colon.
	Name string
	// Address is HOST:PORT.
	Address string
	// Optional: without it the process starts all the same.
	Optional bool
}

// Ending is how and when an incarnation ended.
type Ending struct {
	Time        time.Time `json:"time"`
	Incarnation int       `json:"incarnation"`
	How         string    `json:"how"`
}

// restartFailed begins the Reason of a hand-over that came to nothing.
const restartFailed = "restart failed: "

// RestartFailed reports whether the last restart was a hand-over that came to
// nothing: the incarnation before it stays.
func (s Status) RestartFailed() bool {
	return s.Next == 0 && strings.HasPrefix(s.Reason, restartFailed)
}

// Status is what is known of one process. A value; copies are independent.
type Status struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Reason says why the state is what it is, in words: "waiting for
	// reporter", "exit status 1, restart in 1.6s"; empty where it is plain.
	Reason string `json:"reason,omitempty"`
	// Paused: we have stopped it with SIGSTOP. Wanted: the operator wants it up.
	Paused bool `json:"paused"`
	Wanted bool `json:"wanted"`
	// PID is the current incarnation's, 0 when none runs.
	PID int `json:"pid"`
	// Socket is the unix socket of the current incarnation, which serves its
	// health; empty when none runs. Who connects waits until the process listens; it
	// is made again when it was removed.
	Socket string `json:"socket"`
	// Incarnation is the number of the current incarnation, or of the last one.
	// Every start has a number of its own, from 1; 0 before the first.
	Incarnation int `json:"incarnation"`
	// Next is the incarnation that is starting in order to take over, Draining
	// the one that has handed over and finishes its responses; 0 for none.
	Next     int `json:"next,omitempty"`
	Draining int `json:"draining,omitempty"`
	// Started is when the current incarnation began; zero when none runs.
	Started time.Time `json:"started,omitzero"`
	// Restarts is how often it was started again, for whatever reason.
	Restarts int `json:"restarts"`
	// LastExit is how the last incarnation ended: "exit status 1", "signal: killed".
	LastExit string `json:"last_exit,omitempty"`
	// Exits are how the last incarnations ended, 5 at most, the newest last.
	Exits []Ending `json:"exits,omitempty"`
	// CPU is in percent of one core over the last second and RSS in bytes, both
	// summed over the process group.
	CPU float64 `json:"cpu_percent"`
	RSS int64   `json:"rss_bytes"`
	// LogPath is the file that holds its stdout and stderr.
	LogPath string `json:"log_path"`
	// LogLost counts bytes of log that were truncated before they were read.
	LogLost int64    `json:"log_lost_bytes"`
	Argv    []string `json:"argv"`
}
