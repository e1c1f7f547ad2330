package packager

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/report"
	"livestream-tui/services/runner"
)

const (
	nameHeader     = "X-Packager"
	instanceHeader = "X-Packager-Instance"
	digestHeader   = "Repr-Digest" // RFC 9530

	// msnParameter and partParameter ask for a blocking reload (rfc8216bis, 6.2.5.2).
	msnParameter  = "_HLS_msn"
	partParameter = "_HLS_part"

	playlistType = "application/vnd.apple.mpegurl"
	mediaType    = "video/mp4" // init sections and segments alike: they are pieces of one file

	// playlistCache lets a cache share a playlist among many players, but never
	// hold the live edge back by more than half a segment.
	playlistCache = "public, max-age=1"
	mediaCache    = "public, max-age=31536000, immutable"

	retryAfter = "1" // seconds

	readMethods = "GET, HEAD, OPTIONS"
)

// Routes adds the routes of playlists and media. All that is not one of ours is
// answered here as well, so that every answer names the packager.
func (s *Service) Routes(r *mux.Router) {
	s.ingestRoutes(r)
	r.Handle("/{signal}/"+playlistName, s.served(s.playlist)).Methods(runner.Reads()...)
	r.Handle("/{signal}/{name}", s.served(s.media)).Methods(runner.Reads()...)
	r.Handle("/{signal}/{name}", s.served(preflight)).Methods(http.MethodOptions)
	r.PathPrefix("/").Handler(s.served(s.nothing))
}

// served adds what every answer has: names, CORS, and a count.
func (s *Service) served(h func(http.ResponseWriter, *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.sign(w)
		head := w.Header()
		head.Set("Access-Control-Allow-Origin", "*")
		head.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, Date, ETag, Retry-After, "+digestHeader+", "+nameHeader+", "+instanceHeader)
		head.Set("Timing-Allow-Origin", "*")
		head.Set("X-Content-Type-Options", "nosniff")
		out := s.newOutput(w, r)
		defer out.end()
		h(out, r)
	})
}

// sign says who answers.
func (s *Service) sign(w http.ResponseWriter) {
	w.Header().Set(nameHeader, s.config.Name)
	w.Header().Set(instanceHeader, s.instance)
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
		runner.WriteError(w, http.StatusNotFound, "nothing is served under this path")
		return
	}
	allowed := readMethods
	if s.intake != nil {
		allowed += ", " + putMethods
	}
	w.Header().Set("Allow", allowed)
	runner.WriteError(w, http.StatusMethodNotAllowed, "the method is not allowed here; allowed are "+allowed)
}

// lens is how a request sees the service: as it is, or with a fault.
type lens struct {
	// view returns what is shown of a snapshot.
	view func(*snapshot) *snapshot
	// behind says in words that a peer should be asked instead; empty for no.
	behind func(signal string, snap *snapshot) string
	// changed is closed when another lens is to be used: a held request that
	// sees it has written nothing and is to be served again.
	changed <-chan struct{}
}

// servePlaylist answers with a playlist: at once, or when it lists what is asked for.
func (s *Service) servePlaylist(w http.ResponseWriter, r *http.Request, l lens) {
	wanted, err := wantedMSN(r.URL.Query())
	if err != nil {
		runner.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	name := mux.Vars(r)["signal"]
	s.afterThaw(r.Context())
	began := s.now()
	var look *time.Ticker // for peers that overtake us meanwhile, and for the end of the hold
	for {
		snap, ok := s.snapshot(w, name)
		if !ok {
			return
		}
		if reason := l.behind(name, snap); reason != "" {
			unavailable(w, reason)
			return
		}
		seen := l.view(snap)
		switch newest := seen.newest(); {
		case wanted <= newest:
			writePlaylist(w, r, seen)
			return
		case wanted > newest+2:
			runner.WriteError(w, http.StatusBadRequest, fmt.Sprintf("%s=%d: the newest is %d, at most two more may be asked for", msnParameter, wanted, newest))
			return
		case s.now().Sub(began) >= 3*seen.target():
			unavailable(w, fmt.Sprintf("msn %d did not come within three target durations", wanted))
			return
		}
		if look == nil {
			s.held.Add(1)
			defer s.held.Add(-1)
			look = time.NewTicker(seen.target() / 8)
			defer look.Stop()
		}
		select {
		case <-snap.replaced:
		case <-look.C:
		case <-s.stopping:
			unavailable(w, "the packager stops")
			return
		case <-l.changed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// serveMedia answers with an init section or a segment.
func (s *Service) serveMedia(w http.ResponseWriter, r *http.Request, view func(*snapshot) *snapshot) {
	snap, ok := s.snapshot(w, mux.Vars(r)["signal"])
	if !ok {
		return
	}
	m := view(snap).media[mux.Vars(r)["name"]]
	if m == nil {
		runner.WriteError(w, http.StatusNotFound, "no such segment, or none any more")
		return
	}
	writeMedia(w, r, m)
}

// snapshot returns what is served of a signal, or answers with an error.
func (s *Service) snapshot(w http.ResponseWriter, name string) (*snapshot, bool) {
	snap, known := s.find(name)
	switch {
	case snap != nil:
		return snap, true
	case known || !s.scanned.Load():
		unavailable(w, "nothing is published yet")
	default:
		runner.WriteError(w, http.StatusNotFound, fmt.Sprintf("no signal %q", report.Clean(name)))
	}
	return nil, false
}

func writePlaylist(w http.ResponseWriter, r *http.Request, snap *snapshot) {
	w.Header().Set("Content-Type", playlistType)
	w.Header().Set("Cache-Control", playlistCache)
	w.Header().Set("ETag", snap.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(snap.body))
}

func writeMedia(w http.ResponseWriter, r *http.Request, m *media) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", mediaCache)
	w.Header().Set("ETag", m.etag)
	w.Header().Set(digestHeader, m.digest) // of the whole, whatever range is asked for
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.body))
}

func unavailable(w http.ResponseWriter, message string) {
	w.Header().Set("Retry-After", retryAfter)
	runner.WriteError(w, http.StatusServiceUnavailable, message)
}

// wantedMSN is the segment that a blocking reload waits for, -1 for none. A part
// is none of ours: the whole segment answers for all of its parts.
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

// isPlaylist reports whether a request is for a playlist.
func isPlaylist(r *http.Request) bool {
	return path.Base(r.URL.Path) == playlistName && strings.Count(r.URL.Path, "/") == 2
}
