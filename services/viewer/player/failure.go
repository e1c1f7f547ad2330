package player

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// FailureKind is how a request failed.
type FailureKind uint8

// The kinds of failure. The zero value is FailedOtherwise.
const (
	FailedOtherwise FailureKind = iota
	Refused                     // nothing listens
	BadStatus                   // the answer has another status than the one that is wanted
	Late                        // the answer, or the rest of it, did not come in time
	BrokenOff                   // the connection ended before the answer was whole
)

var failureKindNames = [...]string{"other", "refused", "status", "late", "broken off"}

// String returns the kind's lower-case name.
func (k FailureKind) String() string {
	if int(k) < len(failureKindNames) {
		return failureKindNames[k]
	}
	return fmt.Sprintf("failurekind(%d)", uint8(k))
}

// kindOf returns how a transfer failed, by its error.
func kindOf(err error) FailureKind {
	var status *refused
	var cut *cutError
	var late *lateError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.As(err, &status):
		return BadStatus
	case errors.As(err, &late):
		return Late
	case errors.As(err, &cut), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return BrokenOff
	}
	return FailedOtherwise
}

// cutError is a body that ended before it was whole.
type cutError struct {
	read, length int64 // length is -1 when the answer does not say
	err          error
}

func (e *cutError) Error() string {
	if e.length >= 0 {
		return fmt.Sprintf("broke off after %d of %d bytes: %v", e.read, e.length, e.err)
	}
	return fmt.Sprintf("broke off after %d bytes: %v", e.read, e.err)
}

func (e *cutError) Unwrap() error { return e.err }

// lateError is an answer that took longer than a player waits.
type lateError struct{ text string }

func (e *lateError) Error() string { return e.text }
