package upload

import (
	"errors"
	"fmt"
	"net/http"

	"livestream-tui/services/packager/sink"
)

// refusal is why a request is refused, with its status.
type refusal struct {
	status int
	err    error
}

func (e *refusal) Error() string { return e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Errorf(format, args...)}
}

// statuses are those of the reasons of a sink.
var statuses = map[sink.Reason]int{
	sink.Malformed: http.StatusBadRequest,
	sink.Conflict:  http.StatusConflict,
	sink.Late:      http.StatusGone,
	sink.NoInit:    http.StatusPreconditionFailed,
	sink.Full:      http.StatusInsufficientStorage,
	sink.Unknown:   http.StatusNotFound,
	sink.Ahead:     http.StatusTooEarly,
}

// answer returns the status that an error is answered with, and its result in metrics.
// That the sink has the same bytes is no refusal.
func answer(err error) (status int, result string) {
	var own *refusal
	var sinks *sink.Refusal
	switch {
	case err == nil:
		return http.StatusNoContent, "taken"
	case errors.Is(err, sink.ErrSame):
		return http.StatusNoContent, "same"
	case errors.As(err, &own):
		status = own.status
	case errors.As(err, &sinks):
		status = statuses[sinks.Reason]
	default:
		status = http.StatusInternalServerError
	}
	switch status {
	case http.StatusUnauthorized:
		return status, "unauthorized"
	case http.StatusConflict:
		return status, "conflict"
	case http.StatusGone:
		return status, "late"
	case http.StatusTooEarly:
		return status, "early"
	}
	return status, "refused"
}
