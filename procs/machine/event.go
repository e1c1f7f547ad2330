package machine

import (
	"time"

	"livestream-tui/procs/child"
)

// EventKind is what happened to a process.
type EventKind uint8

// The events. Those of one incarnation carry its Epoch and are ignored when
// another has begun.
const (
	Asked        EventKind = iota + 1 // an operator's Action
	Dependencies                      // Lacking names those that have never been ready
	NotSpawned                        // the start itself failed, Reason says why
	Probed                            // a health probe was answered: Ready, Reason
	Missed                            // a health probe was not answered
	Progressed                        // a sign of progress while starting
	Ended                             // the group is empty, Exit says how the leader ended
	TimedOut                          // a Timer ran out
	BecameUrgent                      // its last stand-in has gone, or a dependency is back
	ShutDown                          // the platform ends: stop, and never start again
)

// Timer is what a timer was set for.
type Timer uint8

// The timers.
const (
	StartTimer   Timer = iota + 1 // to become ready
	BackoffTimer                  // to start again
	RetryTimer                    // to try one that failed
	GraceTimer                    // TERM has had its time
	GiveUpTimer                   // KILL has had its time
)

// Event is one thing that happened to a process.
type Event struct {
	Kind    EventKind
	Epoch   int
	Action  Action
	Lacking []string
	Ready   bool
	Reason  string
	Exit    child.Exit
	Timer   Timer
	// Urgent says that the process has stand-ins and none of them serves. It is set for
	// Ended and NotSpawned.
	Urgent bool
}

// EffectKind is what is to be done.
type EffectKind uint8

// The effects.
const (
	Spawn         EffectKind = iota + 1 // start the incarnation of Epoch
	Terminate                           // TERM to the group, then CONT
	HandOver                            // tell the incarnation that it has handed over, then Terminate
	KillGroup                           // KILL to the group
	SuspendGroup                        // STOP to the group
	ContinueGroup                       // CONT to the group
	SetTimer                            // TimedOut after After, jittered if it is the BackoffTimer
)

// Effect is one thing to do for a process, in the order given.
type Effect struct {
	Kind  EffectKind
	Epoch int
	Timer Timer
	After time.Duration
}
