package ingest

import (
	"errors"
	"fmt"
	"net/http"
)

// refusal is why something is not taken, with the status that says so.
type refusal struct {
	status int
	err    error
}

func (e *refusal) Error() string { return e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf(format, args...)}
}

const (
	statusBad      = http.StatusBadRequest
	statusConflict = http.StatusConflict
)

var (
	// errSame says that the same bytes are there already.
	errSame = errors.New("the same bytes are there")
	// errNoInit says that a signal's init section has to come first.
	errNoInit = &refusal{http.StatusPreconditionFailed, errors.New("its init section has to come first")}
)
