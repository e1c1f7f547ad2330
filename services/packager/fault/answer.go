package fault

import (
	"fmt"
	"net/http"

	"livestream-tui/services/kit/service"
)

// The faults that answer in place of the honest handler.

func refused(_ *Switch, f inForce, w *writer, _ *http.Request) bool {
	service.WriteError(w, f.Status, "fault: error")
	return true
}

func webPage(_ *Switch, _ inForce, w *writer, _ *http.Request) bool {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title><h1>It works!</h1>\n") // fails only when the client has gone
	return true
}

func nothing(_ *Switch, _ inForce, w *writer, _ *http.Request) bool {
	w.Header().Set("Content-Type", "video/mp4")
	if w.playlist {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	}
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return true
}

func notFound(_ *Switch, _ inForce, w *writer, _ *http.Request) bool {
	if w.playlist {
		return false
	}
	service.WriteError(w, http.StatusNotFound, "no such segment, or it has expired")
	return true
}

func silent(s *Switch, f inForce, w *writer, r *http.Request) bool {
	s.hang(w, r, f.changed)
	return true
}

// hang holds a request without an answer until its client has gone, the fault changes, or
// the service stops. Then it breaks the connection.
func (s *Switch) hang(w *writer, r *http.Request, changed <-chan struct{}) {
	w.unhurried()
	s.options.Held.Add(1)
	defer s.options.Held.Add(-1)
	select {
	case <-changed:
	case <-s.options.Stopping:
	case <-r.Context().Done():
	}
	panic(http.ErrAbortHandler)
}
