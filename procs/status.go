package procs

import (
	"time"

	"livestream-tui/procs/machine"
)

// Ending is how and when an incarnation ended.
type Ending struct {
	Time        time.Time `json:"time"`
	Incarnation int       `json:"incarnation"`
	// Exit is the kind of its end, How the same in words: "exit status 1".
	Exit ExitKind `json:"exit"`
	How  string   `json:"how"`
}

// Status is what is known of one process. A value; copies are independent.
type Status struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Cause is why the state is what it is, as a code to decide by; Reason is the same in
	// words, to be shown: "waiting for reporter", "exit status 1, restarting in 1.6s". Empty
	// where the state says it all.
	Cause  Cause  `json:"cause,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Paused: we have stopped it with SIGSTOP. Wanted: the operator wants it up.
	Paused bool `json:"paused"`
	Wanted bool `json:"wanted"`
	// PID is the current incarnation's, 0 when none runs.
	PID int `json:"pid"`
	// Socket is the unix socket of the current incarnation, which serves its
	// health; empty when none runs. A connection waits until the process listens. The
	// socket is made again when it was removed.
	Socket string `json:"socket"`
	// Incarnation is the number of the current incarnation, or of the last one.
	// Every start has a number of its own, from 1; 0 before the first.
	Incarnation int `json:"incarnation"`
	// Next is the incarnation that is starting in order to take over, Draining
	// the one that has handed over and finishes its responses; 0 when there is no such one.
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
	// NextTry is when one that has failed is tried again by itself; zero while that is not
	// due.
	NextTry time.Time `json:"next_try,omitzero"`
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

// RestartFailed reports whether the last restart was a hand-over that came to
// nothing: the incarnation before it stays.
func (s Status) RestartFailed() bool { return s.Next == 0 && s.Cause == machine.CauseRestartFailed }

// Misconfigured reports whether it ended for a bad configuration, and is not started again.
func (s Status) Misconfigured() bool {
	return s.State == machine.Failed && s.Cause == machine.CauseConfiguration
}

// IsStopped reports whether an operator has stopped the process, or is stopping it: it stays
// down until it is started.
func (s Status) IsStopped() bool {
	switch s.Cause {
	case machine.CauseStop, machine.CauseStopTimeout, machine.CauseUnstoppable:
		return !s.Wanted
	}
	return false
}

// What a Status and a command are made of has a name here too, so that a client of the
// supervisor needs no other package.
type (
	// State is where a process is in its life.
	State = machine.State
	// Cause is why it is there, as a code.
	Cause = machine.Cause
	// ExitKind is how an incarnation ended, as a code.
	ExitKind = machine.ExitKind
	// Action is what an operator can ask of a process.
	Action = machine.Action
	// RestartPolicy says what brings an ended process back.
	RestartPolicy = machine.RestartPolicy
)

// The states.
const (
	Idle     = machine.Idle
	Waiting  = machine.Waiting
	Starting = machine.Starting
	Running  = machine.Running
	Ready    = machine.Ready
	Degraded = machine.Degraded
	Stopping = machine.Stopping
	Exited   = machine.Exited
	Backoff  = machine.Backoff
	Failed   = machine.Failed
)

// The actions.
const (
	Kill    = machine.Kill
	Restart = machine.Restart
	Stop    = machine.Stop
	Start   = machine.Start
	Pause   = machine.Pause
	Resume  = machine.Resume
)

// ExitSuccess is an exit with status 0.
const ExitSuccess = machine.ExitSuccess
