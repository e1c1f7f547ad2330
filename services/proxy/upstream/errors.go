package upstream

import (
	"errors"
	"fmt"
	"net/http"
)

var (
	// ErrNotFound: every packager says that there is no such resource.
	ErrNotFound = errors.New("no packager has it")
	// ErrUnavailable: no packager could be asked.
	ErrUnavailable = errors.New("no packager answers")
	// ErrBusy: too much of what players ask for is fetched already, or held in
	// memory. A request a second later may succeed.
	ErrBusy = errors.New("too much is fetched at once")
	// ErrRedirects: one redirect leads to the next, and never to an answer.
	ErrRedirects = errors.New("more than 5 redirects")
)

// StatusError is an answer with a status other than success.
type StatusError struct {
	Status int
	// Header is the answer's header; Retry-After and WWW-Authenticate matter to players.
	Header http.Header
	// Body is the answer's body if it was small and came at once, else nil.
	Body []byte
}

// Error is the status in words.
func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Status) }

// Redirect is an answer that leads to a host that is not followed.
type Redirect struct {
	Status   int
	Location string // absolute
}

// Error says where the redirect leads.
func (e *Redirect) Error() string {
	return fmt.Sprintf("status %d leads to %.200q, a host that is not followed", e.Status, e.Location)
}

// StatusOf is the status in err, 0 when it has none.
func StatusOf(err error) int {
	var s *StatusError
	if errors.As(err, &s) {
		return s.Status
	}
	return 0
}

// IsAbsent reports whether a packager said that it does not have the resource. That
// includes a range beyond the end of a file that still grows.
func IsAbsent(err error) bool {
	switch StatusOf(err) {
	case http.StatusNotFound, http.StatusGone, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return false
}

// IsRefusal reports whether err is a packager's final word on the request, so that asking
// again changes nothing. A packager in trouble (5xx) does not give one.
func IsRefusal(err error) bool {
	s := StatusOf(err)
	return s >= 400 && s < 500 && s != http.StatusRequestTimeout && !IsAbsent(err) || s == http.StatusGone
}
