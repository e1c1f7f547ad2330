package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// The headers of an answer for a snapshot: the fields that change all the time.
const (
	headerAt     = "Snapshot-At"
	headerLogSeq = "Log-Seq"
)

// server serves a platform to clients on its control socket.
type server struct {
	platform platform.Platform
	layout   layouts.Layout
	log      hclog.Logger
	timeouts timeouts
	latest   encoded
	lines    shared
}

// timeouts bound what a client and the platform may take.
type timeouts struct {
	// request bounds the reading of a whole request, idle the time between two.
	request, idle time.Duration
	// write bounds the writing of an answer; a client that does not read it is disconnected.
	write time.Duration
	// command bounds a command.
	command time.Duration
	// end bounds the last line of each stream once the platform has ended.
	end time.Duration
}

// Serve answers clients of p on l until ctx is cancelled. layout is the one that p runs.
// Cancel ctx after the platform has ended, so that streams can report the end.
func Serve(ctx context.Context, p platform.Platform, layout layouts.Layout, log hclog.Logger, l net.Listener) {
	s := &server{platform: p, layout: layout, log: log, timeouts: defaultTimeouts()}
	s.serve(ctx, newBoundedListener(l))
}

func defaultTimeouts() timeouts {
	return timeouts{request: 5 * time.Second, idle: 30 * time.Second, write: 20 * time.Second, command: 10 * time.Second, end: time.Second}
}

const (
	headerMost = 16 << 10 // bytes of a request's header
	bodyMost   = 16 << 10 // bytes of a request's body
)

// streamLine is one line of the stream of events: the first has the snapshot, each of the
// following an event, and the last, when the platform has ended, Ended.
type streamLine struct {
	Snapshot *platform.Snapshot `json:"snapshot,omitempty"`
	Event    *platform.Event    `json:"event,omitempty"`
	Ended    bool               `json:"ended,omitempty"`
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /snapshot", s.snapshot)
	mux.HandleFunc("GET /layout", s.showLayout)
	mux.HandleFunc("GET /logs", s.logs)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /journal", s.journal)
	mux.HandleFunc("GET /history", s.history)
	mux.HandleFunc("POST /command", s.command)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /machines/{machine}/{rest...}", s.pass)
	mux.HandleFunc("POST /machines/{machine}/{rest...}", s.pass)
	return mux
}

// serve answers on l until ctx is cancelled, as Serve does.
func (s *server) serve(ctx context.Context, l net.Listener) {
	server := &http.Server{
		Handler: s.routes(), ConnContext: withPeer,
		ReadHeaderTimeout: s.timeouts.request, ReadTimeout: s.timeouts.request, IdleTimeout: s.timeouts.idle,
		WriteTimeout: s.timeouts.write, MaxHeaderBytes: headerMost,
		ErrorLog: s.log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeouts.end)
		defer cancel()
		if server.Shutdown(ending) != nil {
			_ = server.Close() // a client that has not read by now will not
		}
	}()
	if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("control socket failed", "error", err)
	}
	<-closed
}

func (s *server) snapshot(w http.ResponseWriter, r *http.Request) {
	now, err := s.platform.Snapshot(r.Context())
	if err != nil {
		s.refuse(w, http.StatusBadGateway, err)
		return
	}
	tag, body, err := s.latest.of(now, r.Header.Get("If-None-Match"))
	if err != nil {
		s.refuse(w, http.StatusBadGateway, err)
		return
	}
	w.Header().Set("ETag", tag)
	w.Header().Set(headerAt, now.At.Format(time.RFC3339Nano))
	w.Header().Set(headerLogSeq, strconv.FormatUint(now.LogSeq, 10))
	if body == nil {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.send(w, body)
}

// send answers with JSON.
func (s *server) send(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	if _, err := w.Write(body); err != nil {
		s.log.Debug("client of the control socket disconnected", "error", err)
	}
}

func (s *server) showLayout(w http.ResponseWriter, _ *http.Request) {
	s.answer(w, http.StatusOK, s.layout)
}

func (s *server) logs(w http.ResponseWriter, r *http.Request) {
	since, err := number(r, "since", 0)
	limit, err2 := number(r, "limit", platform.LogsMost)
	if err := errors.Join(err, err2); err != nil {
		s.refuse(w, http.StatusBadRequest, err)
		return
	}
	body, err := s.lines.of(r.Context(), s.platform, since, int(min(limit, platform.LogsMost)))
	if err != nil {
		s.refuse(w, http.StatusBadGateway, err)
		return
	}
	s.send(w, body)
}

func (s *server) journal(w http.ResponseWriter, r *http.Request) {
	limit, err := number(r, "limit", platform.JournalMost)
	since, err2 := timeAt(r, "since")
	if err := errors.Join(err, err2); err != nil {
		s.refuse(w, http.StatusBadRequest, err)
		return
	}
	events, err := s.platform.Journal(r.Context(), since, int(min(limit, platform.JournalMost)))
	if err != nil {
		s.refuse(w, http.StatusBadGateway, err)
		return
	}
	if events == nil {
		events = []platform.Event{}
	}
	s.answer(w, http.StatusOK, events)
}

// number returns a number of the query; missing when it is not there.
func number(r *http.Request, name string, missing uint64) (uint64, error) {
	value := r.URL.Query().Get(name)
	if value == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s=%q: allowed is a whole number from 0", name, value)
	}
	return n, nil
}

// events streams until the client disconnects or the platform ends. Events that a slow
// client misses are dropped from its own queue only.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	if err := out.SetReadDeadline(time.Time{}); err != nil { // the client sends nothing more
		s.refuse(w, http.StatusInternalServerError, err)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	snapshot, events, err := s.platform.Subscribe(ctx)
	if err != nil {
		s.refuse(w, http.StatusBadGateway, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	write := func(l streamLine) error {
		if err := out.SetWriteDeadline(time.Now().Add(s.timeouts.write)); err != nil {
			return err
		}
		return errors.Join(lines.Encode(l), out.Flush())
	}
	err = write(streamLine{Snapshot: &snapshot})
	for err == nil {
		e, open := <-events
		switch {
		case open:
			err = write(streamLine{Event: &e})
		case ctx.Err() == nil:
			_ = write(streamLine{Ended: true}) // a client that misses it sees the connection end
			return
		default:
			return
		}
	}
	s.log.Debug("client of the control socket disconnected", "error", err)
}

func (s *server) command(w http.ResponseWriter, r *http.Request) {
	var c platform.Command
	if status, err := given(w, r, "command", &c); err != nil {
		s.refuse(w, status, err)
		return
	}
	c.By = actorOf(r.Context(), c.By)
	ctx, cancel := context.WithTimeout(r.Context(), s.timeouts.command)
	defer cancel()
	if err := s.platform.Command(ctx, c); err != nil {
		s.refuse(w, http.StatusConflict, err)
		return
	}
	s.answer(w, http.StatusOK, struct{}{})
}

// given reads a body into v. An error comes with its status; what names the body.
func given(w http.ResponseWriter, r *http.Request, what string, v any) (status int, err error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" || r.Header.Get("Origin") != "" {
		return http.StatusUnsupportedMediaType, fmt.Errorf("a %s must be application/json, and not from a web page", what)
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMost))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return http.StatusBadRequest, fmt.Errorf("%s: %w", what, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return http.StatusBadRequest, fmt.Errorf("%s: unexpected data after it", what)
	}
	return http.StatusOK, nil
}

func (s *server) refuse(w http.ResponseWriter, status int, err error) {
	s.answer(w, status, report.Error{Error: err.Error()})
}

func (s *server) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.log.Debug("client of the control socket disconnected", "error", err)
	}
}
