package program

import (
	"fmt"
	"time"
)

// Reason is why an input is left or taken.
type Reason uint8

// The reasons.
const (
	Fine Reason = iota
	// Mute means that no picture came for LossAfter.
	Mute
	// Disconnected means that the connection has ended, or another has taken its place.
	Disconnected
	// Late means that the pictures fall behind the time.
	Late
	// Frozen, Black and Silent are faults of the pictures and of the sound.
	Frozen
	Black
	Silent
	// First means that nothing was on air before.
	First
	// Returned means that a better input is good again.
	Returned
	// Operator means that the operator asked for it.
	Operator
	// Restarted means that the receiver has.
	Restarted
	// TakenOver means that another receiver made the timeline before.
	TakenOver
)

// String is the reason in one word.
func (r Reason) String() string {
	return [...]string{"fine", "mute", "disconnected", "late", "frozen", "black", "silent", "first", "returned", "operator", "restarted", "taken over"}[r]
}

// Cause is a reason with its particulars.
type Cause struct {
	Reason Reason
	// For is how long nothing came, for Mute, or how late the pictures are, for Late.
	For time.Duration
	// Why is what a transport says of its end; nil when the encoder ended it.
	Why error
}

// Text is the cause in words that follow the name of the input that was left or taken.
func (c Cause) Text() string {
	switch c.Reason {
	case Mute:
		return fmt.Sprintf("has sent no picture for %s", seconds(c.For))
	case Disconnected:
		if c.Why == nil {
			return "was ended by its encoder"
		}
		return "lost its connection: " + c.Why.Error()
	case Late:
		return fmt.Sprintf("is %s late", seconds(c.For))
	case Frozen:
		return "shows a frozen picture"
	case Black:
		return "is black"
	case Silent:
		return "is silent"
	case First:
		return "is the first on air"
	case Returned:
		return "is good again"
	case Operator:
		return "was chosen by the operator"
	case Restarted:
		return "is not there yet after a restart"
	case TakenOver:
		return "comes from another receiver now"
	}
	return "is good"
}

// seconds is a duration with one decimal.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
