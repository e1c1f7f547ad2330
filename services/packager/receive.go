package packager

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls"
	"livestream-tui/services/report"
	"livestream-tui/services/runner"
)

const (
	// maxPut bounds a segment that is PUT, in bytes.
	maxPut = 64 << 20
	// maxBodies is how many bodies may come at once.
	maxBodies = 32
	// waitParameter asks for an answer as late as that, or when the packager stops:
	// so a worker learns at once that a packager has gone.
	waitParameter = "wait"
	maxWait       = 20 * time.Second
	// putMethods are those of the DASH-IF live media ingest protocol, interface 2.
	putMethods = "PUT, POST, DELETE"
)

// playlistTypes and mediaTypes are what a body may be said to be.
var (
	playlistTypes = []string{playlistType, "application/x-mpegurl"}
	mediaTypes    = []string{mediaType, "audio/mp4", "application/mp4", "video/iso.segment"}
)

// stock is the answer to who asks what is held of a signal.
type stock struct {
	Signal string   `json:"signal"`
	Names  []string `json:"names"`
}

// ingestRoutes adds what workers and discovery ask for, and the way in: what a
// playlist and its segments are called is what they are PUT under.
func (s *Service) ingestRoutes(r *mux.Router) {
	r.HandleFunc("/signals", s.signed(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.waits(w, r):
		case !s.scanned.Load(): // none is not the same as none yet
			unavailable(w, "nothing is published yet")
		default:
			runner.WriteJSON(w, http.StatusOK, s.names())
		}
	})).Methods(runner.Reads()...)
	if s.intake == nil {
		return
	}
	r.HandleFunc("/signals/{signal:[A-Za-z0-9_-]+}", s.signed(s.showStock)).Methods(runner.Reads()...)
	r.HandleFunc("/{signal}/{name}", s.signed(s.receive)).Methods(http.MethodPut, http.MethodPost)
	r.HandleFunc("/{signal}/"+playlistName, s.signed(s.receiveEnd)).Methods(http.MethodDelete)
}

func (s *Service) signed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.sign(w)
		h(w, r)
	}
}

// waits holds a request for as long as it asks for, or answers that it cannot and
// returns false.
func (s *Service) waits(w http.ResponseWriter, r *http.Request) bool {
	text := r.URL.Query().Get(waitParameter)
	if text == "" {
		return true
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxWait {
		runner.WriteError(w, http.StatusBadRequest, fmt.Sprintf("%s: allowed is a duration up to %s", waitParameter, maxWait))
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

func (s *Service) showStock(w http.ResponseWriter, r *http.Request) {
	name := mux.Vars(r)["signal"]
	names := s.intake.stock(name)
	if names == nil {
		runner.WriteError(w, http.StatusNotFound, fmt.Sprintf("no signal %q", report.Clean(name)))
		return
	}
	runner.WriteJSON(w, http.StatusOK, stock{name, names})
}

// receive takes a playlist, an init section or a segment.
func (s *Service) receive(w http.ResponseWriter, r *http.Request) {
	err := s.admit(w, r)
	if err == nil {
		err = s.take(w, r)
	}
	s.answerPut(w, r, err)
}

// receiveEnd takes notice that a worker's signal has ended.
func (s *Service) receiveEnd(w http.ResponseWriter, r *http.Request) {
	err := s.admit(w, r)
	if err == nil {
		err = s.intake.end(mux.Vars(r)["signal"])
	}
	s.answerPut(w, r, err)
}

// errSame says that the same bytes are there already.
var errSame = errors.New("the same bytes are there")

// admit refuses who may not bring anything, and names that nothing may have.
func (s *Service) admit(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Origin") != "" {
		return refuse(http.StatusForbidden, "requests from web pages are not allowed")
	}
	if s.config.Token != "" {
		shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(shown), []byte(s.config.Token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return refuse(http.StatusUnauthorized, "the bearer token of INGEST_TOKEN is needed")
		}
	}
	name := mux.Vars(r)["name"]
	switch {
	case !report.IsSignal(mux.Vars(r)["signal"]):
		return refuse(http.StatusForbidden, "not the name of a signal")
	case r.Method != http.MethodDelete && name != playlistName && !isMedia(name):
		return refuse(http.StatusForbidden, "allowed names are %s, %sNAME%s and NUMBER%s", playlistName, initPrefix, initExt, segmentExt)
	}
	return nil
}

// take reads a body whole and hands it on.
func (s *Service) take(w http.ResponseWriter, r *http.Request) error {
	signal, name := mux.Vars(r)["signal"], mux.Vars(r)["name"]
	types, limit := mediaTypes, int64(maxPut)
	switch {
	case name == playlistName:
		types, limit = playlistTypes, hls.MaxPlaylist
	case isInit(name):
		limit = maxInit
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || !slices.Contains(types, t) {
		return refuse(http.StatusUnsupportedMediaType, "the Content-Type must be one of %s", strings.Join(types, ", "))
	}
	if r.ContentLength > limit {
		return refuse(http.StatusRequestEntityTooLarge, "%d bytes, at most %d are allowed", r.ContentLength, limit)
	}
	digest := r.Header.Get(digestHeader)
	if held := s.intake.holds(signal, name); held != nil && held.digest == digest {
		return errSame // its body need not come
	}
	select {
	case s.bodies <- struct{}{}:
		defer func() { <-s.bodies }()
	case <-r.Context().Done():
		return refuse(http.StatusServiceUnavailable, "too much comes at once")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return refuse(http.StatusRequestEntityTooLarge, "more than the %d bytes that are allowed", limit)
	case err != nil:
		return refuse(http.StatusBadRequest, "the body broke off after %d bytes", len(body))
	case strings.HasPrefix(digest, "sha-256=:") && newMedia(name, body, -1).digest != digest:
		return refuse(http.StatusBadRequest, "its bytes are not those of its %s", digestHeader)
	}
	switch msn, err := numberOf(name); {
	case name == playlistName:
		return s.intake.playlist(signal, body)
	case err == nil:
		return s.intake.segment(signal, name, msn, body)
	default:
		return s.intake.section(signal, name, body)
	}
}

// answerPut answers a worker and counts.
func (s *Service) answerPut(w http.ResponseWriter, r *http.Request, err error) {
	var no *refusal
	switch {
	case err == nil:
		s.ingested.WithLabelValues("taken").Inc()
		w.WriteHeader(http.StatusNoContent)
		return
	case errors.Is(err, errSame):
		s.ingested.WithLabelValues("same").Inc()
		w.WriteHeader(http.StatusNoContent)
		return
	case !errors.As(err, &no):
		no = &refusal{http.StatusInternalServerError, err}
	}
	result := "refused"
	switch no.status {
	case http.StatusUnauthorized:
		result = "unauthorized"
	case http.StatusConflict:
		result = "conflict"
	case http.StatusGone:
		result = "late"
	}
	s.ingested.WithLabelValues(result).Inc()
	text := report.Clean(no.Error())
	s.log.Debug("ingest refused", "path", report.Clean(r.URL.Path), "from", r.RemoteAddr, "status", no.status, "reason", text)
	runner.WriteError(w, no.status, text)
}
