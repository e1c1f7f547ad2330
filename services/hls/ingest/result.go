package ingest

import "net/http"

// Result is what a packager did with a body, by the status of its answer. Metrics and
// logs show it by its String.
type Result uint8

// The results. After all but Failed the body is not sent again.
const (
	// Failed means that it may be taken later: there was no answer, or one that does not
	// concern this body.
	Failed Result = iota
	// Taken means that the packager has these bytes, now or from before.
	Taken
	// Conflict means that other bytes came under the name before, and stay (409).
	Conflict
	// Late means that newer segments are listed already (410).
	Late
	// Refused means that the body is not what the contract allows (400, 413, 415).
	Refused
)

// String is the result in one word.
func (r Result) String() string {
	switch r {
	case Taken:
		return "taken"
	case Conflict:
		return "conflict"
	case Late:
		return "late"
	case Refused:
		return "refused"
	default:
		return "failed"
	}
}

// ResultOf returns the result of a PUT by the status of its answer. What a packager
// answers beside those of the results: 401 to a wrong token, 403 to a name that is not
// allowed, 408 to a body that comes too slowly, 412 to a segment before its
// initialization section, 503 and 507 for lack of room.
func ResultOf(status int) Result {
	switch {
	case status/100 == 2:
		return Taken
	case status == http.StatusConflict:
		return Conflict
	case status == http.StatusGone:
		return Late
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnsupportedMediaType:
		return Refused
	}
	return Failed
}

// Permanent reports whether a status refuses the worker itself, so that only an operator
// can change it: a wrong token, or an address where no packager takes ingest.
func Permanent(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return false
}
