// Package fetch gets what packagers hold: playlists at one request, media from
// whichever of several packagers gives it, and everything else straight through.
package fetch

import (
	"errors"
	"fmt"
	"net/http"
)

var (
	// ErrNotFound: every packager says that there is no such thing.
	ErrNotFound = errors.New("no packager has it")
	// ErrUnavailable: no packager could be asked.
	ErrUnavailable = errors.New("no packager answers")
	// ErrOther: what came later is not what was sent before.
	ErrOther = errors.New("no packager has the rest of what was sent")
	// ErrTooLarge: it is larger than is kept in memory. Forward is for such.
	ErrTooLarge = errors.New("it is too large to be kept")
	// ErrBusy: too much of what players ask for is fetched already, or held in
	// memory. Whoever asks again in a second may have it.
	ErrBusy = errors.New("too much is fetched at once")
	// ErrRedirects: one redirect leads to the next, and never to an answer.
	ErrRedirects = errors.New("more than 5 redirects")
	// ErrAbandoned: everybody who waited for it has gone, so that its fetch ended.
	// Whoever came at that moment begins another.
	ErrAbandoned = errors.New("nobody waits for it any more")
)

// StatusError is an answer whose status is not that of success.
type StatusError struct {
	Status int
	// Header is the answer's: Retry-After and WWW-Authenticate matter to a player.
	Header http.Header
	// Body is the answer's where it is small and came at once; nil else.
	Body []byte
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Status) }

// Redirect is an answer that leads to a host which is not followed.
type Redirect struct {
	Status   int
	Location string // absolute
}

func (e *Redirect) Error() string {
	return fmt.Sprintf("status %d leads to %.200q, a host that is not followed", e.Status, e.Location)
}

// statusOf is the status that err tells of, 0 for none.
func statusOf(err error) int {
	var s *StatusError
	if errors.As(err, &s) {
		return s.Status
	}
	return 0
}

// absent reports whether a packager said that it does not have what was asked for:
// a range behind the end of a file that grows is such a thing too.
func absent(err error) bool {
	switch statusOf(err) {
	case http.StatusNotFound, http.StatusGone, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return false
}

// refusal reports whether err is a packager's word on who asks or what is asked for,
// which asking again does not change. A packager in trouble (5xx) says none.
func refusal(err error) bool {
	s := statusOf(err)
	return s >= 400 && s < 500 && s != http.StatusRequestTimeout && !absent(err) || s == http.StatusGone
}
