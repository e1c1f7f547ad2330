package ingest

import (
	"net/http"
	"strconv"
	"time"
)

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
	// Early means that it has not ended yet by the packager's clock, and may be taken
	// after the Wait of the answer (425). One of a cluster answers so.
	Early
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
	case Early:
		return "early"
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
	case status == http.StatusTooEarly:
		return Early
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnsupportedMediaType:
		return Refused
	}
	return Failed
}

// WaitHeader of an answer to what comes too early is for how many seconds it is.
const WaitHeader = "Retry-After"

// SetWait says in the header of an answer how long to wait before the body is sent again, in
// whole seconds, rounded up.
func SetWait(h http.Header, wait time.Duration) {
	h.Set(WaitHeader, strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
}

// Wait returns how long an answer asks to wait; otherwise where it does not say.
func Wait(h http.Header, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(h.Get(WaitHeader), 10, 16)
	if err != nil {
		return otherwise
	}
	return time.Duration(n) * time.Second
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
