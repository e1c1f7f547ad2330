package platform

import (
	"fmt"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/kit/event"
)

// The kinds of events of the platform itself: no service logs them. The journal keeps them.
const (
	kindCommand event.Kind = "command"
	kindDrill   event.Kind = "drill"
	kindStarted event.Kind = "started"
	kindEnded   event.Kind = "ended"
	kindExit    event.Kind = "exit"
	kindAir     event.Kind = "air"
	kindAverted event.Kind = "averted"
)

// Via is the way in which a command came.
type Via string

// The ways.
const (
	ViaKey    Via = "key"    // a key of the supervisor's own dashboard
	ViaAttach Via = "attach" // a key of a dashboard that is attached
	ViaCtl    Via = "ctl"    // the command line
	ViaDrill  Via = "drill"  // a fault that is injected on purpose
	ViaSignal Via = "signal" // a signal to the supervisor
)

// Actor is the source of a command.
type Actor struct {
	// Via is empty in the command of a dashboard: the platform knows whether it is attached.
	Via Via `json:"via,omitempty"`
	// Key is the key that was pressed; empty when the command did not come from a key, or
	// the key is not known.
	Key string `json:"key,omitempty"`
	// PID is the client's process; 0 for the supervisor itself. User is the name of its
	// user. Over the socket the server fills in both, from what the kernel knows of the
	// client.
	PID  int    `json:"pid,omitempty"`
	User string `json:"user,omitempty"`
	// Machine is the machine of the cluster that the client is on; empty for the own machine,
	// and without a cluster.
	Machine string `json:"machine,omitempty"`
}

// String returns the actor in words, such as "root, attach pid 8121 (s)".
func (a Actor) String() string {
	way := string(a.Via)
	if a.PID != 0 {
		way = strings.TrimSpace(fmt.Sprintf("%s pid %d", way, a.PID))
	}
	if a.Key != "" {
		way = strings.TrimSpace(way + " (" + a.Key + ")")
	}
	if a.Machine != "" {
		way = strings.TrimSpace(way + " on " + a.Machine)
	}
	switch {
	case a.User == "":
		return way
	case way == "":
		return a.User
	}
	return a.User + ", " + way
}

// Commanded is a command that was given, whether it was accepted or refused.
type Commanded struct {
	Action  Action `json:"action"`
	Process string `json:"process,omitempty"`
	Signal  string `json:"signal,omitempty"`
	// Input is the input that SwitchInput shows; empty for any other action.
	Input string `json:"input,omitempty"`
	// Machine is the machine of Drain and Undrain; empty for any other action.
	Machine string `json:"machine,omitempty"`
	// Fault is the mode that SetFault sets; empty for any other action.
	Fault string `json:"fault,omitempty"`
	By    Actor  `json:"by,omitzero"`
	// Refused is why it was refused; empty when it was accepted.
	Refused string `json:"refused,omitempty"`
}

// String returns the command in words, without its source: "stop server2".
func (c Commanded) String() string {
	words := strings.TrimSpace(c.Action.String() + " " + c.Fault + c.Input + c.Machine)
	if c.Process != "" {
		words += " " + c.Process
	}
	if c.Signal != "" {
		words += " for " + c.Signal
	}
	return words
}

// DrillVerdict is how far a drill is, or how it ended.
type DrillVerdict string

// The verdicts.
const (
	DrillBegun   DrillVerdict = "begun"   // the fault is about to be injected
	DrillPassed  DrillVerdict = "passed"  // players noticed nothing
	DrillFailed  DrillVerdict = "failed"  // players noticed, or the platform did not recover
	DrillAborted DrillVerdict = "aborted" // an operator ended it, or the fault could not be injected
)

// Drilled is a drill on this platform: one event when it begins, another with the verdict.
type Drilled struct {
	// Name is the fault's name.
	Name    string       `json:"name"`
	Verdict DrillVerdict `json:"verdict"`
	// Seen is what was seen, in words; empty while the drill goes on.
	Seen string `json:"seen,omitempty"`
	By   Actor  `json:"by,omitzero"`
}

// Started is the start of the platform.
type Started struct {
	PID    int    `json:"pid"`
	Layout string `json:"layout"`
	// Packagers has the name of each packager of the layout by its base URL, which failovers
	// have.
	Packagers map[string]string `json:"packagers,omitempty"`
}

// Ended is the end of the platform.
type Ended struct {
	// Stopping is when the platform began to stop. What lasted then, such as an outage, counts
	// up to this time.
	Stopping time.Time `json:"stopping,omitzero"`
	// Killed is set when the supervisor did not end in order: the next one found this out,
	// and Stopping is when it was last known to run.
	Killed bool `json:"killed,omitempty"`
	// Reason is why the platform ended badly; empty otherwise.
	Reason string `json:"reason,omitempty"`
}

// Exit is the end of an incarnation that no one asked for. Exits of a process that follow
// each other closely are one: each event of it has the same Since, and replaces the one
// before.
type Exit struct {
	Incarnation int `json:"incarnation"`
	// State, Cause and Reason are those of the process afterwards: "backoff", "exit",
	// "exit status 1, restarting in 1.6s".
	State  State       `json:"state"`
	Cause  procs.Cause `json:"cause"`
	Reason string      `json:"reason"`
	// Times is how often it has ended since Since; both include this end.
	Times int       `json:"times"`
	Since time.Time `json:"since"`
}

// String returns the exit in words, without the process: "ended 9 times in 9s: exit status
// 1". at is the event's time.
func (e Exit) String(at time.Time) string {
	words := "ended"
	if e.Times > 1 {
		words += fmt.Sprintf(" %d times in %s", e.Times, at.Sub(e.Since).Round(time.Second))
	}
	if e.Reason == "" {
		return words
	}
	return words + ": " + e.Reason
}

// Aired is a signal that has come on air for the first time or is on air after its state
// was unknown (AirOn), that no viewer reports on (AirUnknown), or that has ended (AirEnded).
// Outages have an event of their own.
type Aired struct {
	Signal string   `json:"signal"`
	State  AirState `json:"state"`
	// Reason explains the state in words; empty when on air.
	Reason string `json:"reason,omitempty"`
}

// Averted is a countdown to off air that has ended without an outage: media came in time.
type Averted struct {
	Signal string `json:"signal"`
	// Cause is what nothing came from.
	Cause AirCause `json:"cause"`
	// LeftMS is how much of what players held was left when media came. LengthMS is how long
	// nothing was to come, to about a second: that is looked at so often.
	LeftMS   int64 `json:"left_ms"`
	LengthMS int64 `json:"length_ms"`
}

// String returns it in words, without the signal: "down to 4s, no packager for 9s".
func (a Averted) String() string {
	left, length := time.Duration(a.LeftMS)*time.Millisecond, time.Duration(a.LengthMS)*time.Millisecond
	if length >= time.Second {
		length = length.Round(time.Second)
	}
	return fmt.Sprintf("down to %s, %s for %s", wholeSeconds(left), a.Cause, length)
}

// Kind implements What.
func (Commanded) Kind() event.Kind { return kindCommand }

// Kind implements What.
func (Drilled) Kind() event.Kind { return kindDrill }

// Kind implements What.
func (Started) Kind() event.Kind { return kindStarted }

// Kind implements What.
func (Ended) Kind() event.Kind { return kindEnded }

// Kind implements What.
func (Exit) Kind() event.Kind { return kindExit }

// Kind implements What.
func (Averted) Kind() event.Kind { return kindAverted }

// Kind implements What.
func (Aired) Kind() event.Kind { return kindAir }
