package packager

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager/fault"
	"livestream-tui/services/packager/window"
)

const (
	nameHeader  = "X-Packager"
	readMethods = "GET, HEAD, OPTIONS"
)

// Routes adds the routes of playlists and media. It also answers every other path, so that
// every answer names the packager.
func (s *Service) Routes(r *mux.Router) {
	r.Handle(ingest.SignalsPath, s.signed(http.HandlerFunc(s.showSignals))).Methods(service.Reads()...)
	in := r.NewRoute().Subrouter()
	in.Use(s.signed)
	s.source.Routes(in)
	list := func(store window.Store) http.Handler { return http.HandlerFunc(handler{s, store}.playlist) }
	segment := func(store window.Store) http.Handler { return http.HandlerFunc(handler{s, store}.media) }
	r.Handle(ingest.ObjectPath("{signal}", media.PlaylistName), s.served(s.faulty(list))).Methods(service.Reads()...)
	r.Handle(ingest.ObjectPath("{signal}", "{name}"), s.served(s.faulty(segment))).Methods(service.Reads()...)
	r.Handle(ingest.ObjectPath("{signal}", "{name}"), s.served(http.HandlerFunc(preflight))).Methods(http.MethodOptions)
	r.PathPrefix("/").Handler(s.served(http.HandlerFunc(s.nothing)))
}

// faulty puts the switch of faults around a handler, once there is one.
func (s *Service) faulty(serve fault.Serve) http.Handler {
	honest := serve(s)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := s.faults.Load(); f != nil {
			f.Around(s, serve).ServeHTTP(w, r)
			return
		}
		honest.ServeHTTP(w, r)
	})
}

// served adds what every answer of media has: names, CORS, and a count.
func (s *Service) served(h http.Handler) http.Handler {
	return s.signed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Access-Control-Allow-Origin", "*")
		head.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, Date, ETag, Retry-After, "+ingest.DigestHeader+", "+nameHeader+", "+ingest.InstanceHeader)
		head.Set("Timing-Allow-Origin", "*")
		head.Set("X-Content-Type-Options", "nosniff")
		out := &output{ResponseWriter: w, requests: s.requests, head: r.Method == http.MethodHead}
		defer out.end()
		h.ServeHTTP(out, r)
	}))
}

// signed names the packager in the answer.
func (s *Service) signed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(nameHeader, s.config.Name)
		w.Header().Set(ingest.InstanceHeader, s.instance)
		h.ServeHTTP(w, r)
	})
}

func preflight(w http.ResponseWriter, _ *http.Request) {
	head := w.Header()
	head.Set("Allow", readMethods)
	head.Set("Access-Control-Allow-Methods", readMethods)
	head.Set("Access-Control-Allow-Headers", "Range, If-Range, If-Match, If-None-Match, Cache-Control")
	head.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

func (s *Service) nothing(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		service.WriteError(w, http.StatusNotFound, "nothing is served under this path")
		return
	}
	allowed := readMethods
	if s.config.Ingest == FromHTTP {
		allowed += ", " + ingest.Methods
	}
	w.Header().Set("Allow", allowed)
	service.WriteError(w, http.StatusMethodNotAllowed, "the method is not allowed here; allowed are "+allowed)
}

// showSignals answers with the signals that are published and go on.
func (s *Service) showSignals(w http.ResponseWriter, r *http.Request) {
	switch {
	case !s.waits(w, r):
	case !s.source.Complete(): // signals may be missing still
		unavailable(w, "nothing is published yet")
	default:
		service.WriteJSON(w, http.StatusOK, s.sink.Names())
	}
}

// waits holds a request for as long as it asks; false when it has answered that it cannot.
func (s *Service) waits(w http.ResponseWriter, r *http.Request) bool {
	text := r.URL.Query().Get(ingest.WaitParameter)
	if text == "" {
		return true
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > ingest.MaxWait {
		service.WriteError(w, http.StatusBadRequest, fmt.Sprintf("%s: allowed is a duration up to %s", ingest.WaitParameter, ingest.MaxWait))
		return false
	}
	s.held.Add(1)
	defer s.held.Add(-1)
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
	case <-s.stopping:
	case <-r.Context().Done():
	}
	return true
}
