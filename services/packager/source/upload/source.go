package upload

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
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/window"
)

// aliveEvery is how often Options.Alive is called.
const aliveEvery = time.Second

// Options are the settings of a Source.
type Options struct {
	// Token is the bearer token that workers must show; empty when none is needed.
	Token string
	// Alive is called once a second while Run runs. It must not be nil.
	Alive func()
	// Brought is called with each segment that a worker brings, whether the sink has it already
	// or not. Nil is allowed.
	Brought func(signal string, msn int64)
	// Log and Metrics must not be nil.
	Log     hclog.Logger
	Metrics prometheus.Registerer
}

// Source is the source of signals that workers PUT. Safe for concurrent use.
type Source struct {
	to      *sink.Sink
	options Options
	bodies  *bodies
	results *prometheus.CounterVec
}

// New returns a source that puts the signals into to.
func New(to *sink.Sink, o Options) *Source {
	return &Source{
		to: to, options: o, bodies: newBodies(limitsOfBodies(), o.Log),
		results: promauto.With(o.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "packager_ingested_total", Help: "What workers PUT, by result: taken, same, late, early, conflict, refused or unauthorized.",
		}, []string{"result"}),
	}
}

// Complete reports whether a worker has brought a whole signal. The workers of the other
// signals are then as far.
func (s *Source) Complete() bool { return s.to.Published() }

// Run returns when ctx is cancelled.
func (s *Source) Run(ctx context.Context) {
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for {
		s.options.Alive()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Routes adds the routes of the contract that begin with a signal, and that of stocks.
func (s *Source) Routes(r *mux.Router) {
	r.HandleFunc(ingest.StockPath("{signal:[A-Za-z0-9_-]+}"), s.showStock).Methods(service.Reads()...)
	r.HandleFunc(ingest.ObjectPath("{signal}", "{name}"), s.handle(s.put)).Methods(http.MethodPut, http.MethodPost)
	r.HandleFunc(ingest.ObjectPath("{signal}", media.PlaylistName), s.handle(s.end)).Methods(http.MethodDelete)
}

func (s *Source) showStock(w http.ResponseWriter, r *http.Request) {
	name := mux.Vars(r)["signal"]
	names := s.to.Stock(name)
	if names == nil && !s.to.Knows(name) {
		service.WriteError(w, http.StatusNotFound, fmt.Sprintf("no signal %q", text.Clean(name)))
		return
	}
	service.WriteJSON(w, http.StatusOK, ingest.Stock{Signal: name, Names: names})
}

// handle admits a request, handles it by do, and answers.
func (s *Source) handle(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := s.admit(w, r)
		if err == nil {
			err = do(w, r)
		}
		status, result := answer(err)
		s.results.WithLabelValues(result).Inc()
		if status == http.StatusNoContent {
			w.WriteHeader(status)
			return
		}
		var early *sink.Refusal
		if errors.As(err, &early) && early.Reason == sink.Ahead {
			ingest.SetWait(w.Header(), early.Wait)
		}
		reason := text.Clean(err.Error())
		s.options.Log.Debug("ingest refused", "path", text.Clean(r.URL.Path), "from", r.RemoteAddr, "status", status, "reason", reason)
		service.WriteError(w, status, reason)
	}
}

// admit refuses requests without permission, and names that the contract does not allow.
func (s *Source) admit(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Origin") != "" {
		return refuse(http.StatusForbidden, "requests from web pages are not allowed")
	}
	if s.options.Token != "" {
		shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), ingest.TokenPrefix)
		if !ok || subtle.ConstantTimeCompare([]byte(shown), []byte(s.options.Token)) != 1 {
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

// end ends a signal whose worker says so.
func (s *Source) end(_ http.ResponseWriter, r *http.Request) error {
	return s.to.End(mux.Vars(r)["signal"])
}

// put reads a whole body and puts it into the sink.
func (s *Source) put(w http.ResponseWriter, r *http.Request) error {
	signal, name := mux.Vars(r)["signal"], mux.Vars(r)["name"]
	types, limit := ingest.Types(name), largest(name)
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || !slices.Contains(types, t) {
		return refuse(http.StatusUnsupportedMediaType, "the Content-Type must be one of %s", strings.Join(types, ", "))
	}
	if r.ContentLength > limit {
		return refuse(http.StatusRequestEntityTooLarge, "at most %d bytes are allowed", limit)
	}
	digest := r.Header.Get(ingest.DigestHeader)
	if m := s.to.Media(signal, name); m != nil && m.Digest == digest {
		s.brought(signal, m)
		return s.to.Again(signal) // its body need not come
	}
	body, err := s.bodies.read(w, r, limit)
	switch {
	case err != nil:
		return err
	case !ingest.Matches(digest, body):
		return refuse(http.StatusBadRequest, "its bytes are not those of its %s", ingest.DigestHeader)
	}
	if name == media.PlaylistName {
		list, err := m3u8.ParseMedia(body)
		if err != nil {
			return &refusal{http.StatusBadRequest, err}
		}
		return s.to.PutPlaylist(signal, list)
	}
	m, err := window.ParseMedia(name, body)
	if err != nil {
		return &refusal{http.StatusBadRequest, err}
	}
	m.Encoded = m.MSN >= 0 && r.Header.Get(ingest.EqualityHeader) == ingest.EqualTiming
	err = s.to.Put(signal, m, time.Time{})
	if err == nil || errors.Is(err, sink.ErrSame) {
		s.brought(signal, m)
	}
	return err
}

func (s *Source) brought(signal string, m *window.Media) {
	if s.options.Brought != nil && m.MSN >= 0 {
		s.options.Brought(signal, m.MSN)
	}
}

// largest returns how many bytes a body under that name may have.
func largest(name string) int64 {
	switch {
	case name == media.PlaylistName:
		return m3u8.MaxPlaylist
	case media.IsInit(name):
		return ingest.MaxInit
	}
	return ingest.MaxSegment
}
