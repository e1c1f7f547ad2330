package sink

import (
	"errors"
	"fmt"
	"time"
)

// Refusal is the error for what a Sink does not take.
type Refusal struct {
	Reason Reason
	Err    error // in words
	// Wait is for how long it is too early (Ahead); zero for every other reason.
	Wait time.Duration
}

func (e *Refusal) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Refusal) Unwrap() error { return e.Err }

// Reason is why something is refused.
type Reason uint8

// The reasons.
const (
	Malformed Reason = iota // it is not what a packager can list
	Conflict                // something else was taken before, and stays
	Late                    // newer segments are listed
	NoInit                  // the initialization section must come first
	Full                    // there are too many signals
	Unknown                 // there is no such signal
	Ahead                   // it has not ended yet, by this clock
)

func refuse(reason Reason, format string, args ...any) error {
	return &Refusal{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// tooEarly refuses what is to be taken only after a wait.
func tooEarly(wait time.Duration) error {
	return &Refusal{
		Reason: Ahead, Wait: wait,
		Err: fmt.Errorf("it has not ended yet, and is early by %s: a clock is wrong, the worker's or this packager's", wait.Round(time.Millisecond)),
	}
}

// ErrSame says that the Sink has the same bytes already.
var ErrSame = errors.New("the same bytes are there")

var (
	errNoInit = &Refusal{Reason: NoInit, Err: errors.New("its init section must come first")}
	errLate   = &Refusal{Reason: Late, Err: errors.New("it comes too late: newer segments are listed")}
	errAhead  = &Refusal{Reason: Malformed, Err: errors.New("it lies more than a window ahead of now: a clock is wrong, the worker's or this packager's")}
)
