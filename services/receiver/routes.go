package receiver

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	contract "livestream-tui/services/hls/feed"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/receiver/program"
)

const (
	playlistType = "application/vnd.apple.mpegurl"
	mediaType    = "video/mp4"
	// ahead is by how many segments a blocking reload may be ahead (rfc8216bis, 6.2.5.2).
	ahead = 2
	// retryAfter is the Retry-After of a 503, in seconds.
	retryAfter = "1"
)

// Routes adds the routes of feeds, and the operator's, which needs a token.
func (s *Service) Routes(r *mux.Router) {
	r.HandleFunc(contract.IndexPath, s.index).Methods(service.Reads()...)
	r.HandleFunc(contract.ClaimsPath, s.claims).Methods(service.Reads()...)
	r.HandleFunc(contract.Path("{signal}", media.PlaylistName), s.playlist).Methods(service.Reads()...)
	r.HandleFunc(contract.Path("{signal}", contract.StreamName), s.stream).Methods(service.Reads()...)
	r.HandleFunc(contract.Path("{signal}", "{name}"), s.media).Methods(service.Reads()...)
	r.HandleFunc(signals.ChoicePath("{signal}"), service.Bearer(s.config.AdminToken, s.choose)).Methods(http.MethodPost)
}

func (s *Service) index(w http.ResponseWriter, _ *http.Request) {
	list := contract.Index{Signals: []signals.Status{}}
	for _, g := range s.signals {
		list.Signals = append(list.Signals, *g.status.Load())
	}
	service.WriteJSON(w, http.StatusOK, list)
}

// playlist answers with a playlist, at once or when it lists the segment that a blocking
// reload asks for.
func (s *Service) playlist(w http.ResponseWriter, r *http.Request) {
	g, ok := s.found(w, r)
	if !ok {
		return
	}
	wanted := int64(-1)
	if v := r.URL.Query().Get(contract.BlockParameter); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			service.WriteError(w, http.StatusBadRequest, contract.BlockParameter+" must be a whole number")
			return
		}
		wanted = n
	}
	s.held.Add(1)
	defer s.held.Add(-1)
	over := time.NewTimer(contract.BlockMost)
	defer over.Stop()
	f := g.feed.Load()
	for {
		snap := f.Snapshot()
		switch {
		case g.standsBy():
			unavailable(w, "another receiver leads the signal")
			return
		case snap.List == nil && wanted < 0:
			unavailable(w, "nothing is on air yet")
			return
		case snap.List == nil:
		case wanted > snap.List.LastMSN()+ahead:
			service.WriteError(w, http.StatusBadRequest, fmt.Sprintf("%s=%d: the newest is %d, at most %d more are allowed", contract.BlockParameter, wanted, snap.List.LastMSN(), ahead))
			return
		case wanted <= snap.List.LastMSN():
			answer(w, r, playlistType, snap.Body)
			return
		}
		select {
		case <-snap.Replaced:
		case <-f.Ended():
		case <-over.C:
			unavailable(w, "the segment has not come")
			return
		case <-s.stopping:
			unavailable(w, "the receiver is stopping")
			return
		case <-r.Context().Done():
			return
		}
	}
}

// media answers with an initialization section or a segment.
func (s *Service) media(w http.ResponseWriter, r *http.Request) {
	g, ok := s.found(w, r)
	if !ok {
		return
	}
	b := g.feed.Load().Snapshot().Media[mux.Vars(r)["name"]]
	if b == nil {
		service.WriteError(w, http.StatusNotFound, "no such segment, or it has expired")
		return
	}
	answer(w, r, mediaType, bytes.Join(b, nil))
}

// choose puts an input on air for the operator, or leaves the choice to the receiver again.
func (s *Service) choose(w http.ResponseWriter, r *http.Request) {
	var in signals.Choice
	if !service.ReadPost(w, r, nil, &in) {
		return
	}
	g, ok := s.found(w, r)
	if !ok {
		return
	}
	var e program.Event = program.Auto{}
	if in.Input != signals.AutoInput {
		i := g.indexOf(in.Input)
		if i < 0 {
			service.WriteError(w, http.StatusBadRequest, fmt.Sprintf("input %q: allowed are %s, and those of the signal: %v", text.Shown(in.Input), signals.AutoInput, g.names()))
			return
		}
		e = program.Select{Input: i}
	}
	select {
	case g.choices <- e:
		service.WriteJSON(w, http.StatusOK, in)
	case <-s.stopping:
		unavailable(w, "the receiver is stopping")
	case <-r.Context().Done():
	}
}

// indexOf is the number of the input of that name, below zero when there is none.
func (g *signal) indexOf(name string) int {
	for i, s := range g.sources {
		if s.name == name {
			return i
		}
	}
	return -1
}

// found is the signal that a request is about, or answers with an error.
func (s *Service) found(w http.ResponseWriter, r *http.Request) (*signal, bool) {
	name := mux.Vars(r)["signal"]
	g := s.find(name)
	if g == nil {
		service.WriteError(w, http.StatusNotFound, fmt.Sprintf("no live signal %q", text.Clean(name)))
	}
	return g, g != nil
}

func answer(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func unavailable(w http.ResponseWriter, message string) {
	w.Header().Set("Retry-After", retryAfter)
	service.WriteError(w, http.StatusServiceUnavailable, message)
}
