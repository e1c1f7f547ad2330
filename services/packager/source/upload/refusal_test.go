package upload

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"livestream-tui/services/packager/sink"
)

func TestAnswer(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		name   string
		err    error
		status int
		result string
	}{
		{"taken", nil, http.StatusNoContent, "taken"},
		{"the same bytes", sink.ErrSame, http.StatusNoContent, "same"},
		{"no token", refuse(http.StatusUnauthorized, "no"), http.StatusUnauthorized, "unauthorized"},
		{"a bad name", refuse(http.StatusForbidden, "no"), http.StatusForbidden, "refused"},
		{"malformed", &sink.Refusal{Reason: sink.Malformed, Err: no}, http.StatusBadRequest, "refused"},
		{"a conflict", &sink.Refusal{Reason: sink.Conflict, Err: no}, http.StatusConflict, "conflict"},
		{"late", fmt.Errorf("wrapped: %w", &sink.Refusal{Reason: sink.Late, Err: no}), http.StatusGone, "late"},
		{"before its init section", &sink.Refusal{Reason: sink.NoInit, Err: no}, http.StatusPreconditionFailed, "refused"},
		{"too many signals", &sink.Refusal{Reason: sink.Full, Err: no}, http.StatusInsufficientStorage, "refused"},
		{"no such signal", &sink.Refusal{Reason: sink.Unknown, Err: no}, http.StatusNotFound, "refused"},
		{"anything else", no, http.StatusInternalServerError, "refused"},
	} {
		if status, result := answer(c.err); status != c.status || result != c.result {
			t.Errorf("%s: got %d, %s, want %d, %s", c.name, status, result, c.status, c.result)
		}
	}
}
