package ingest

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/packager/window"
)

const (
	// maxPut bounds a segment that is PUT, in bytes.
	maxPut = 64 << 20
	// Methods are those of the DASH-IF live media ingest protocol, interface 2.
	Methods = "PUT, POST, DELETE"

	digestHeader = "Repr-Digest" // RFC 9530
)

// playlistTypes and mediaTypes are what a body may be said to be.
var (
	playlistTypes = []string{"application/vnd.apple.mpegurl", "application/x-mpegurl"}
	mediaTypes    = []string{"video/mp4", "audio/mp4", "application/mp4", "video/iso.segment"}
)

// Receiver is the source of signals that workers PUT: what a playlist and its
// segments are called is what they are PUT under. Safe for concurrent use.
type Receiver struct {
	to     *Sink
	token  string
	bodies *bodies
	looked func()
	log    hclog.Logger
}

// NewReceiver returns a source that wants the bearer token shown, where it is not
// empty; looked is called while the service is not stopped.
func NewReceiver(to *Sink, token string, looked func()) *Receiver {
	return &Receiver{to: to, token: token, bodies: newBodies(limitsOfBodies(), to.options.Log), looked: looked, log: to.options.Log}
}

// Complete reports whether a worker has brought a whole signal: the others are as
// near then.
func (s *Receiver) Complete() bool { return s.to.Shown() }

// Run returns when ctx is cancelled.
func (s *Receiver) Run(ctx context.Context) {
	tick := time.NewTicker(rescanEvery)
	defer tick.Stop()
	for {
		s.looked()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// stock is the answer to the question what is held of a signal.
type stock struct {
	Signal string   `json:"signal"`
	Names  []string `json:"names"`
}

// Routes adds what workers ask for, and the way in.
func (s *Receiver) Routes(r *mux.Router) {
	r.HandleFunc("/signals/{signal:[A-Za-z0-9_-]+}", s.showStock).Methods(service.Reads()...)
	r.HandleFunc("/{signal}/{name}", s.receive(s.take)).Methods(http.MethodPut, http.MethodPost)
	r.HandleFunc("/{signal}/"+media.PlaylistName, s.receive(s.end)).Methods(http.MethodDelete)
}

func (s *Receiver) showStock(w http.ResponseWriter, r *http.Request) {
	name := mux.Vars(r)["signal"]
	names := s.to.Stock(name)
	if names == nil && !s.to.Knows(name) {
		service.WriteError(w, http.StatusNotFound, fmt.Sprintf("no signal %q", text.Clean(name)))
		return
	}
	service.WriteJSON(w, http.StatusOK, stock{name, names})
}

// receive admits a request, has it dealt with, and answers.
func (s *Receiver) receive(deal func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := s.admit(w, r)
		if err == nil {
			err = deal(w, r)
		}
		s.answer(w, r, err)
	}
}

// end takes notice that a worker's signal has ended.
func (s *Receiver) end(_ http.ResponseWriter, r *http.Request) error {
	return s.to.End(mux.Vars(r)["signal"])
}

// admit refuses requests without the right to bring anything, and names that nothing
// may have.
func (s *Receiver) admit(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Origin") != "" {
		return refuse(http.StatusForbidden, "requests from web pages are not allowed")
	}
	if s.token != "" {
		shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(shown), []byte(s.token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return refuse(http.StatusUnauthorized, "the bearer token of INGEST_TOKEN is needed")
		}
	}
	name := mux.Vars(r)["name"]
	switch {
	case !report.IsSignal(mux.Vars(r)["signal"]):
		return refuse(http.StatusForbidden, "not the name of a signal")
	case r.Method != http.MethodDelete && name != media.PlaylistName && !media.IsMedia(name):
		return refuse(http.StatusForbidden, "allowed names are %s, %sNAME%s and NUMBER%s", media.PlaylistName, media.InitPrefix, media.InitExt, media.SegmentExt)
	}
	return nil
}

// take reads a body whole and hands it on.
func (s *Receiver) take(w http.ResponseWriter, r *http.Request) error {
	signal, name := mux.Vars(r)["signal"], mux.Vars(r)["name"]
	types, limit := mediaTypes, int64(maxPut)
	switch {
	case name == media.PlaylistName:
		types, limit = playlistTypes, m3u8.MaxPlaylist
	case media.IsInit(name):
		limit = maxInit
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || !slices.Contains(types, t) {
		return refuse(http.StatusUnsupportedMediaType, "the Content-Type must be one of %s", strings.Join(types, ", "))
	}
	if r.ContentLength > limit {
		return refuse(http.StatusRequestEntityTooLarge, "at most %d bytes are allowed", limit)
	}
	digest := r.Header.Get(digestHeader)
	if held := s.to.Holds(signal, name); held != nil && held.Digest == digest {
		return s.to.again(signal) // its body need not come
	}
	body, err := s.bodies.read(w, r, limit)
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(digest, "sha-256=:") && window.NewMedia(name, body, -1).Digest != digest:
		return refuse(http.StatusBadRequest, "its bytes are not those of its %s", digestHeader)
	case name == media.PlaylistName:
		return s.playlist(signal, body)
	}
	return s.media(signal, name, body)
}

func (s *Receiver) playlist(signal string, body []byte) error {
	list, err := m3u8.ParseMedia(body)
	if err != nil {
		return &refusal{http.StatusBadRequest, err}
	}
	return s.to.Say(signal, list)
}

func (s *Receiver) media(signal, name string, body []byte) error {
	msn, err := media.SegmentNumber(name)
	put := s.to.Segment
	if err != nil {
		msn, put = -1, s.to.Section
	}
	m, err := validated(name, body, msn)
	if err != nil {
		return &refusal{http.StatusBadRequest, err}
	}
	return put(signal, m, time.Time{})
}

// answer answers a worker and counts.
func (s *Receiver) answer(w http.ResponseWriter, r *http.Request, err error) {
	var no *refusal
	switch {
	case err == nil:
		s.to.metrics.ingested.WithLabelValues("taken").Inc()
		w.WriteHeader(http.StatusNoContent)
		return
	case errors.Is(err, errSame):
		s.to.metrics.ingested.WithLabelValues("same").Inc()
		w.WriteHeader(http.StatusNoContent)
		return
	case !errors.As(err, &no):
		no = &refusal{http.StatusInternalServerError, err}
	}
	s.to.metrics.ingested.WithLabelValues(resultOf(no.status)).Inc()
	reason := text.Clean(no.Error())
	s.log.Debug("ingest refused", "path", text.Clean(r.URL.Path), "from", r.RemoteAddr, "status", no.status, "reason", reason)
	service.WriteError(w, no.status, reason)
}

// resultOf is a refusal as metrics count it.
func resultOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusConflict:
		return "conflict"
	case http.StatusGone:
		return "late"
	}
	return "refused"
}
