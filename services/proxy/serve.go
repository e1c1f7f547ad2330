package proxy

import (
	"errors"
	"maps"
	"net/http"
	"strconv"
	"time"

	"livestream-tui/services/report"
	"livestream-tui/services/runner"
)

// serve answers a player.
func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.restored:
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	maps.Copy(h, openToAll)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match, If-Modified-Since")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	key, err := keyOf(r.URL)
	if err != nil {
		s.log.Warn("request refused", "path", report.Clean(r.URL.Path), "reason", err.Error(), "player", r.RemoteAddr)
		s.refuse(w, "media", http.StatusBadRequest, err.Error())
		return
	}
	if isPlaylist(r.URL.Path) {
		s.servePlaylist(w, r, r.URL.EscapedPath())
		return
	}
	s.serveMedia(w, r, key)
}

// refuse answers with an error.
func (s *Service) refuse(w http.ResponseWriter, kind string, status int, message string) {
	s.metrics.requests.WithLabelValues(kind, strconv.Itoa(status)).Inc()
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	runner.WriteError(w, status, message)
}

// hold takes a token for a request that is to wait; false when there is none left.
func (s *Service) hold() (release func(), ok bool) {
	select {
	case s.held <- struct{}{}:
		return func() { <-s.held }, true
	default:
		return nil, false
	}
}

func (s *Service) servePlaylist(w http.ResponseWriter, r *http.Request, key string) {
	const kind = "playlist"
	st, err := s.stream(key)
	if err != nil {
		s.refuse(w, kind, http.StatusServiceUnavailable, err.Error())
		return
	}
	asked, err := blockingMSN(r)
	if err != nil {
		s.refuse(w, kind, http.StatusBadRequest, err.Error())
		return
	}
	snap := st.shown.Load()
	if snap.body == nil || asked > snap.last {
		var status int
		var why string
		if snap, status, why = s.awaitPlaylist(r, st, asked); status != 0 {
			s.refuse(w, kind, status, why)
			return
		}
	}
	s.metrics.playlistsSent.Inc()
	send(w, r, snap.ready)
}

// blockingMSN is the MSN that a request is to be held for (rfc8216bis, 6.2.5.2),
// -1 for none.
func blockingMSN(r *http.Request) (int64, error) {
	if r.URL.RawQuery == "" {
		return -1, nil
	}
	v := r.URL.Query().Get("_HLS_msn")
	if v == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New("_HLS_msn: allowed is a media sequence number")
	}
	return n, nil
}

// awaitPlaylist waits for a first playlist, or for the one that lists asked.
func (s *Service) awaitPlaylist(r *http.Request, st *stream, asked int64) (snap *snapshot, status int, why string) {
	release, ok := s.hold()
	if !ok {
		return nil, http.StatusServiceUnavailable, "too many requests wait"
	}
	defer release()
	if snap = st.shown.Load(); snap.body == nil {
		defer st.waits.begin()()
	}
	limit := time.NewTimer(holdFor(st.target()))
	defer limit.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		snap = st.shown.Load()
		switch {
		case snap.body != nil && snap.last >= 0 && asked > snap.last+2:
			return nil, http.StatusBadRequest, "_HLS_msn is too far in the future"
		case snap.body != nil && (asked <= snap.last || snap.last < 0):
			return snap, 0, ""
		case snap.body == nil && st.absentEverywhere():
			return nil, http.StatusNotFound, "no packager has this playlist"
		}
		select {
		case <-snap.replaced:
		case <-look.C:
		case <-limit.C:
			if snap.body != nil {
				return nil, http.StatusServiceUnavailable, "nothing new has come"
			}
			return nil, http.StatusServiceUnavailable, "no packager has given this playlist yet"
		case <-r.Context().Done():
			return nil, http.StatusServiceUnavailable, "the player has gone"
		case <-s.life.Done():
			return nil, http.StatusServiceUnavailable, "the proxy is stopping"
		}
	}
}
