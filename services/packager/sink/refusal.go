package sink

import (
	"errors"
	"fmt"
)

// Refusal is the error for what a Sink does not take.
type Refusal struct {
	Reason Reason
	Err    error // in words
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
)

func refuse(reason Reason, format string, args ...any) error {
	return &Refusal{reason, fmt.Errorf(format, args...)}
}

// ErrSame says that the Sink has the same bytes already.
var ErrSame = errors.New("the same bytes are there")

var (
	errNoInit = &Refusal{NoInit, errors.New("its init section must come first")}
	errLate   = &Refusal{Late, errors.New("it comes too late: newer segments are listed")}
	errAhead  = &Refusal{Malformed, errors.New("it lies more than a window ahead of now: a clock is wrong, the worker's or this packager's")}
)
