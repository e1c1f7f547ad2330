package platform

import "livestream-tui/procs"

// Aliases of procs' types, so that clients of a platform need not import the supervisor.
type (
	// State is the state of a process.
	State = procs.State
	// Status is the supervisor's record of a process.
	Status = procs.Status
	// Ending is how an incarnation of a process ended.
	Ending = procs.Ending
)

// The states of a process.
const (
	Idle     = procs.Idle
	Waiting  = procs.Waiting
	Starting = procs.Starting
	Running  = procs.Running
	Ready    = procs.Ready
	Degraded = procs.Degraded
	Stopping = procs.Stopping
	Exited   = procs.Exited
	Backoff  = procs.Backoff
	Failed   = procs.Failed
)

// ExitSuccess is the exit of a process that ended with status 0.
const ExitSuccess = procs.ExitSuccess
