package origin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
)

const (
	// maxWait bounds the long poll.
	maxWait = time.Minute
	// retryAfter is the Retry-After of a 503, in seconds.
	retryAfter = "1"
)

// Routes adds the routes of signals and preferences, and the operator's, which need a token.
func (s *Service) Routes(r *mux.Router) {
	r.HandleFunc("/signals", s.signals).Methods(service.Reads()...)
	r.HandleFunc("/preferences", s.preferences).Methods(service.Reads()...)
	r.HandleFunc("/live/{signal}", s.live).Methods(service.Reads()...)
	r.HandleFunc("/live/{signal}/packagers", s.packagers).Methods(service.Reads()...)
	r.HandleFunc("/failover", service.Bearer(s.config.AdminToken, s.failover)).Methods(http.MethodPost)
	r.HandleFunc("/hold", service.Bearer(s.config.AdminToken, s.hold)).Methods(http.MethodPost)
}

func (s *Service) signals(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	heard, names := s.memory.heard, s.memory.names()
	s.mu.Unlock()
	if !heard {
		unavailable(w, notHeard)
		return
	}
	service.WriteJSON(w, http.StatusOK, names)
}

// preferences answers with the preference of each signal, in order of name: one request is
// enough for who watches all of them.
func (s *Service) preferences(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	heard, list := s.memory.heard, []report.Preference{}
	for _, name := range s.memory.names() {
		list = append(list, s.memory.signals[name].preference(name))
	}
	s.mu.Unlock()
	if !heard {
		unavailable(w, notHeard)
		return
	}
	service.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) live(w http.ResponseWriter, r *http.Request) {
	name := mux.Vars(r)["signal"]
	sig, ok := s.find(w, name)
	if !ok {
		return
	}
	active := sig.active()
	if active == "" {
		unavailable(w, fmt.Sprintf("no packager is usable for signal %q", name))
		return
	}
	service.WriteJSON(w, http.StatusOK, report.Live{Signal: name, Server: active + "/" + name + "/playlist.m3u8"})
}

// packagers answers with the preference: at once, or when it changes, if the request has
// the current version and may wait.
func (s *Service) packagers(w http.ResponseWriter, r *http.Request) {
	wait, err := waitOf(r)
	if err != nil {
		service.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	over := time.NewTimer(wait)
	defer over.Stop()
	name := mux.Vars(r)["signal"]
	for waiting := wait > 0; ; {
		sig, ok := s.find(w, name)
		if !ok {
			return
		}
		tag := `"` + sig.version + `"`
		known := matches(r.Header.Get("If-None-Match"), tag)
		if known && waiting {
			waiting = s.await(r.Context(), sig, over.C)
			continue
		}
		w.Header().Set("ETag", tag)
		if known {
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		service.WriteJSON(w, http.StatusOK, sig.preference(name))
		return
	}
}

// await holds a request until its signal has another version; false when its wait is over,
// it was cancelled, or the origin stops.
func (s *Service) await(ctx context.Context, sig signal, over <-chan time.Time) bool {
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	select {
	case <-sig.replaced:
		return true
	case <-over:
	case <-s.stopping:
	case <-ctx.Done():
	}
	return false
}

// failover carries out a failover by the operator.
func (s *Service) failover(w http.ResponseWriter, r *http.Request) {
	var in report.FailoverRequest
	if !service.ReadPost(w, r, s.config.Origins, &in) {
		return
	}
	if in.Signal != "" {
		if _, ok := s.find(w, in.Signal); !ok {
			return
		}
	}
	s.mu.Lock()
	moves := s.memory.failover(in.Signal)
	wants := map[string]string{}
	for _, m := range moves {
		wants[m.Signal] = m.To
	}
	pins := s.intend(wants, false)
	s.mu.Unlock()
	if len(moves) == 0 {
		service.WriteError(w, http.StatusConflict, "no other packager is usable")
		return
	}
	s.noteMoves(moves)
	s.pass(w, pins)
	answer := make([]report.Moved, len(moves))
	for i, m := range moves {
		answer[i] = report.Moved{Signal: m.Signal, From: m.From, To: m.To}
	}
	service.WriteJSON(w, http.StatusOK, answer)
}

// hold holds a packager, or releases it, for the operator.
func (s *Service) hold(w http.ResponseWriter, r *http.Request) {
	var in report.HoldRequest
	if !service.ReadPost(w, r, s.config.Origins, &in) {
		return
	}
	if in.Signal != "" {
		if _, ok := s.find(w, in.Signal); !ok {
			return
		}
	}
	if in.Packager != "" && !slices.Contains(s.config.Packagers, in.Packager) {
		service.WriteError(w, http.StatusBadRequest, fmt.Sprintf("packager %q: allowed are %s, and nothing to release", text.Shown(in.Packager), s.config.Packagers))
		return
	}
	s.mu.Lock()
	before := s.memory.held()
	list, moves, ok := s.memory.hold(in.Signal, in.Packager)
	wants := map[string]string{}
	for _, h := range list {
		if in.Packager != "" || before[h.Signal] {
			wants[h.Signal] = in.Packager
		}
	}
	pins := s.intend(wants, true)
	s.mu.Unlock()
	if !ok {
		service.WriteError(w, http.StatusConflict, fmt.Sprintf("packager %s is not usable", in.Packager))
		return
	}
	s.noteMoves(moves)
	s.pass(w, pins)
	service.WriteJSON(w, http.StatusOK, list)
}

const notHeard = "nothing is known yet: the reporter has not answered"

// find returns what is known of a signal, or answers with an error.
func (s *Service) find(w http.ResponseWriter, name string) (signal, bool) {
	s.mu.Lock()
	sig, known := s.memory.signals[name]
	heard := s.memory.heard
	s.mu.Unlock()
	switch {
	case !heard:
		unavailable(w, notHeard)
	case !known:
		service.WriteError(w, http.StatusNotFound, fmt.Sprintf("no signal %q", text.Clean(name)))
	}
	return sig, known && heard
}

func unavailable(w http.ResponseWriter, message string) {
	w.Header().Set("Retry-After", retryAfter)
	service.WriteError(w, http.StatusServiceUnavailable, message)
}

// waitOf is how long the request may wait.
func waitOf(r *http.Request) (time.Duration, error) {
	v := r.URL.Query().Get("wait")
	if v == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(v)
	if err != nil || wait < 0 || wait > maxWait {
		return 0, fmt.Errorf("wait %q: allowed are 0s to %s", text.Clean(v), maxWait)
	}
	return wait, nil
}

// matches reports whether an If-None-Match names the tag (RFC 9110, 13.1.2).
func matches(header, tag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}
