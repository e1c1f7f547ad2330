package program

import (
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
)

// Event is something that has happened to a signal. Inputs are numbers in Config.Inputs.
type Event interface{ event() }

// Connected says that a connection to an input is open. One that was open before is closed.
type Connected struct {
	Input int
	About input.About
}

// Format says which format the samples have that follow.
type Format struct {
	Input  int
	Format sample.Format
}

// Arrived is a sample with the times of its source.
type Arrived struct {
	Input  int
	Sample sample.Sample
}

// Linked tells figures of a connection.
type Linked struct {
	Input int
	Link  input.Link
}

// Closed says that the connection of an input has ended, and why; nil when the encoder said so
// itself.
type Closed struct {
	Input int
	Why   error
}

// Failed says why an input has no connection.
type Failed struct {
	Input int
	Why   error
}

// Problem says that an input has, or no longer has, a fault of its pictures or its sound that
// counts as a loss. The reason is Frozen, Black or Silent.
type Problem struct {
	Input  int
	Reason Reason
	On     bool
}

// Made says that a slate is there, or why it could not be made. It answers MakeSlate.
type Made struct {
	// For is the format that it was asked for.
	For sample.Format
	// Slate is nil when there is none.
	Slate *sample.Slate
	Why   error
}

// Select puts an input on air, and keeps it there for as long as it is not lost.
type Select struct{ Input int }

// Auto ends Select: the order of preference counts again.
type Auto struct{}

// Lead ends StandBy: the timeline goes on here. A nil Resume means that there is none yet.
type Lead struct{ Resume *Resume }

// StandBy says that another receiver makes the timeline from now on. Nothing is aired until
// Lead, while inputs are taken in as before.
type StandBy struct{}

// Tick says that time has passed. It comes every 40 ms or more often.
type Tick struct{}

func (Connected) event() {}
func (Format) event()    {}
func (Arrived) event()   {}
func (Linked) event()    {}
func (Closed) event()    {}
func (Failed) event()    {}
func (Problem) event()   {}
func (Made) event()      {}
func (Select) event()    {}
func (Auto) event()      {}
func (Lead) event()      {}
func (StandBy) event()   {}
func (Tick) event()      {}
