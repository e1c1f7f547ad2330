package fault

import (
	"context"
	"net/http"
	"path"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/window"
)

// Serve makes the handler that serves a store.
type Serve func(window.Store) http.Handler

// Around returns serve with the fault in force around it. Without a fault it changes
// nothing. The route must have the variable signal.
func (s *Switch) Around(store window.Store, serve Serve) http.Handler {
	honest := serve(store)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := newWriter(rw, r, s)
		for w.status == 0 && r.Context().Err() == nil { // a held request is served anew when the fault changes
			f := s.of(w.signal)
			k, _ := kindOf(f.Mode)
			if k.answer != nil && k.answer(s, f, w, r) {
				return
			}
			h := honest
			if f.Mode != None {
				h = serve(viewed{store, f, k.view})
			}
			if !s.hand(h, k, f, w, r) {
				return
			}
		}
	})
}

// hand serves a request until the fault changes, and reports whether it did.
func (s *Switch) hand(h http.Handler, k kind, f inForce, w *writer, r *http.Request) bool {
	if r.URL.RawQuery == "" || !w.playlist {
		h.ServeHTTP(w, r) // such requests are never held
		return false
	}
	if k.blind {
		at := *r.URL
		at.RawQuery = ""
		r = r.Clone(r.Context())
		r.URL = &at
	}
	ctx, cancel := context.WithCancel(r.Context())
	changed := make(chan bool, 1)
	go func() {
		select {
		case <-f.changed:
			cancel()
			changed <- true
		case <-ctx.Done():
			changed <- false
		}
	}()
	defer cancel()
	h.ServeHTTP(w, r.WithContext(ctx))
	cancel()
	return <-changed
}

// signalOf returns the signal of a request, and whether it is for the playlist.
func signalOf(r *http.Request) (signal string, playlist bool) {
	return mux.Vars(r)["signal"], path.Base(r.URL.Path) == media.PlaylistName
}
