package ingest

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
)

func TestResultsByStatus(t *testing.T) {
	for _, c := range []struct {
		status    int
		want      string
		permanent bool
	}{
		{http.StatusOK, "taken", false},
		{http.StatusNoContent, "taken", false},
		{http.StatusConflict, "conflict", false},
		{http.StatusGone, "late", false},
		{http.StatusBadRequest, "refused", false},
		{http.StatusRequestEntityTooLarge, "refused", false},
		{http.StatusUnsupportedMediaType, "refused", false},
		{http.StatusTooEarly, "early", false},
		{http.StatusUnauthorized, "failed", true},
		{http.StatusForbidden, "failed", true},
		{http.StatusNotFound, "failed", true},
		{http.StatusMethodNotAllowed, "failed", true},
		{http.StatusRequestTimeout, "failed", false},
		{http.StatusPreconditionFailed, "failed", false},
		{http.StatusServiceUnavailable, "failed", false},
	} {
		if got := ResultOf(c.status).String(); got != c.want || Permanent(c.status) != c.permanent {
			t.Errorf("%d: got %s, permanent %t, want %s, %t", c.status, got, Permanent(c.status), c.want, c.permanent)
		}
	}
}

func TestRequestsOnTheWire(t *testing.T) {
	for got, want := range map[string]string{
		ObjectPath("live01", "7.m4s"): "/live01/7.m4s",
		StockPath("live01"):           "/signals/live01",
		WaitPath(15 * time.Second):    "/signals?wait=15s",
		Digest([]byte("media")):       "sha-256=:chyVJa3i6okD00PvJc9oub9KsKrVa7ewH75I0JvH/PQ=:",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if !slices.Contains(Types(media.PlaylistName), PlaylistType) || !slices.Contains(Types("7.m4s"), MediaType) || slices.Contains(Types("7.m4s"), PlaylistType) {
		t.Error("the types that a worker sends are not those that a packager takes")
	}
}
