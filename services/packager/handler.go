package packager

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/packager/window"
)

const (
	// msnParameter and partParameter ask for a blocking reload (rfc8216bis, 6.2.5.2).
	msnParameter  = "_HLS_msn"
	partParameter = "_HLS_part"

	playlistType = "application/vnd.apple.mpegurl"
	mediaType    = "video/mp4" // of initialization sections and segments: they are pieces of one file

	// playlistCache lets a cache share a playlist among players without delaying the live
	// edge by more than half a segment.
	playlistCache = "public, max-age=1"
	mediaCache    = "public, max-age=31536000, immutable"

	retryAfter = "1" // seconds
)

// handler answers players from a store.
type handler struct {
	s     *Service
	store window.Store
}

// playlist answers with a playlist, at once or when it lists the segment that a blocking
// reload asks for. It writes nothing when the request is cancelled first.
func (h handler) playlist(w http.ResponseWriter, r *http.Request) {
	wanted, err := wantedMSN(r.URL.Query())
	if err != nil {
		service.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	name, s := mux.Vars(r)["signal"], h.s
	s.afterThaw(r.Context())
	began := s.now()
	var look *time.Ticker // detects peers that overtake us, and the end of the hold
	for {
		snap, ok := h.find(w, name)
		if !ok {
			return
		}
		if reason := h.store.Behind(name, snap); reason != "" {
			unavailable(w, reason)
			return
		}
		switch newest := snap.Newest(); {
		case snap.Gone:
			service.WriteError(w, http.StatusNotFound, fmt.Sprintf("signal %q has ended", text.Clean(name)))
			return
		case wanted <= newest, snap.List.EndList: // nothing follows (rfc8216bis, 6.2.5.2)
			writePlaylist(w, r, snap)
			return
		case wanted > newest+2:
			service.WriteError(w, http.StatusBadRequest, fmt.Sprintf("%s=%d: the newest is %d, at most two more are allowed", msnParameter, wanted, newest))
			return
		case s.now().Sub(began) >= 3*snap.Target():
			unavailable(w, "the segment did not come within three target durations")
			return
		}
		if look == nil {
			s.held.Add(1)
			defer s.held.Add(-1)
			look = time.NewTicker(snap.Target() / 8)
			defer look.Stop()
		}
		select {
		case <-snap.Replaced:
		case <-look.C:
		case <-s.stopping:
			unavailable(w, "the packager is stopping")
			return
		case <-r.Context().Done():
			return
		}
	}
}

// media answers with an initialization section or a segment.
func (h handler) media(w http.ResponseWriter, r *http.Request) {
	snap, ok := h.find(w, mux.Vars(r)["signal"])
	if !ok {
		return
	}
	m := snap.Media[mux.Vars(r)["name"]]
	if m == nil {
		service.WriteError(w, http.StatusNotFound, "no such segment, or it has expired")
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", mediaCache)
	w.Header().Set("ETag", m.ETag)
	w.Header().Set(ingest.DigestHeader, m.Digest) // of the whole, for ranges too
	if m.Encoded {
		w.Header().Set(ingest.EqualityHeader, ingest.EqualTiming)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.Body))
}

// find returns the snapshot of a signal, or answers with an error.
func (h handler) find(w http.ResponseWriter, name string) (*window.Snapshot, bool) {
	snap, known := h.store.Find(name)
	switch {
	case snap != nil:
		return snap, true
	case known || !h.s.source.Complete():
		unavailable(w, "nothing is published yet")
	default:
		service.WriteError(w, http.StatusNotFound, fmt.Sprintf("no signal %q", text.Clean(name)))
	}
	return nil, false
}

// Find returns the snapshot of a signal.
func (s *Service) Find(signal string) (*window.Snapshot, bool) { return s.sink.Find(signal) }

func writePlaylist(w http.ResponseWriter, r *http.Request, snap *window.Snapshot) {
	w.Header().Set("Content-Type", playlistType)
	w.Header().Set("Cache-Control", playlistCache)
	w.Header().Set("ETag", snap.ETag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(snap.Body))
}

func unavailable(w http.ResponseWriter, message string) {
	w.Header().Set("Retry-After", retryAfter)
	service.WriteError(w, http.StatusServiceUnavailable, message)
}

// wantedMSN returns the segment that a blocking reload waits for, -1 when the request is
// none. There are no parts: a request for one waits for its whole segment.
func wantedMSN(query url.Values) (int64, error) {
	part, msn := query.Get(partParameter), query.Get(msnParameter)
	if query.Has(partParameter) {
		if !query.Has(msnParameter) {
			return -1, fmt.Errorf("%s needs %s", partParameter, msnParameter)
		}
		if _, err := strconv.ParseUint(part, 10, 31); err != nil {
			return -1, fmt.Errorf("%s must be a whole number", partParameter)
		}
	}
	if !query.Has(msnParameter) {
		return -1, nil
	}
	n, err := strconv.ParseUint(msn, 10, 63)
	if err != nil {
		return -1, fmt.Errorf("%s must be a whole number", msnParameter)
	}
	return int64(n), nil
}
