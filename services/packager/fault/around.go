package fault

import (
	"context"
	"fmt"
	"net/http"
	"path"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager/window"
)

// Serve makes the handler that serves what a store has.
type Serve func(window.Store) http.Handler

// Around returns serve with the fault in force around it. Where there is none it
// does no more than to look. The route must have the variable signal.
func (s *Switch) Around(store window.Store, serve Serve) http.Handler {
	honest := serve(store)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := newWriter(rw, r, s)
		for w.status == 0 && r.Context().Err() == nil { // a held request of which the fault changes is served anew
			f := s.of(w.signal)
			h := honest
			switch {
			case s.instead(f, w, r):
				return
			case f.Mode != None:
				h = serve(viewed{store, f})
			}
			if !s.hand(h, f, w, r) {
				return
			}
		}
	})
}

// hand has a request served until the fault changes, and reports whether it did.
func (s *Switch) hand(h http.Handler, f inForce, w *writer, r *http.Request) bool {
	if r.URL.RawQuery == "" || !w.playlist {
		h.ServeHTTP(w, r) // nothing that is held
		return false
	}
	if f.Mode == Stale || f.Mode == RestartMSN {
		// At once, whatever number was asked for: so the fault is seen.
		at := *r.URL
		at.RawQuery = ""
		r = r.Clone(r.Context())
		r.URL = &at
	}
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan bool, 1)
	go func() {
		select {
		case <-f.changed:
			cancel()
			ended <- true
		case <-ctx.Done():
			ended <- false
		}
	}()
	defer cancel()
	h.ServeHTTP(w, r.WithContext(ctx))
	cancel()
	return <-ended
}

// instead answers where the fault leaves nothing of the honest answer.
func (s *Switch) instead(f inForce, w *writer, r *http.Request) bool {
	switch {
	case f.Mode == Error:
		service.WriteError(w, f.Status, "fault: error")
	case f.Mode == HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title><h1>It works!</h1>\n") // the client has gone: nobody to tell
	case f.Mode == Empty:
		w.Header().Set("Content-Type", "video/mp4")
		if w.playlist {
			w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		}
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	case f.Mode == Hang:
		s.hang(w, r, f.changed)
	case f.Mode == NotFound && !w.playlist:
		service.WriteError(w, http.StatusNotFound, "no such segment, or none any more")
	default:
		return false
	}
	return true
}

// hang holds a request without a word until its client goes, the fault does, or
// the service stops. Then the connection breaks.
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

// signalOf is the signal that a request is about, and whether it is for its playlist.
func signalOf(r *http.Request) (signal string, playlist bool) {
	return mux.Vars(r)["signal"], path.Base(r.URL.Path) == media.PlaylistName
}
