package player

import (
	"net/http"
	"slices"
	"strconv"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/cache"
	"livestream-tui/services/proxy/cmcd"
	"livestream-tui/services/proxy/cors"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/metrics"
	"livestream-tui/services/proxy/uri"
)

// Options are the options of a Server.
type Options struct {
	// Bases are the packagers' base URLs, as in PACKAGERS.
	Bases []string
	// Public shows players everything that packagers have, instead of media alone.
	Public bool
	// IgnoredQuery are query arguments that do not tell one resource from another.
	IgnoredQuery []string
	// Audience hears what players report.
	Audience *cmcd.Audience
	Metrics  *metrics.Metrics
	// Quiet is the log of what players can cause as often as they like.
	Quiet *service.Quiet
}

// Server answers players. Safe for concurrent use.
type Server struct {
	options  Options
	streams  *follow.Streams
	cache    *cache.Cache
	hosts    hosts
	audience *cmcd.Audience
	metrics  *metrics.Metrics
	quiet    *service.Quiet
	waiting  chan struct{} // a token for each request that waits
	variants variants
}

// waitingMost is how many requests of players may wait at the same time.
const waitingMost = 20000

// New returns a server of the playlists and media of streams.
func New(s *follow.Streams, o Options) *Server {
	return &Server{
		options: o, streams: s, cache: s.Cache(), hosts: newHosts(o.Bases), audience: o.Audience, metrics: o.Metrics, quiet: o.Quiet,
		waiting: make(chan struct{}, waitingMost),
	}
}

// ServeHTTP answers a player.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.streams.Restored():
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	if r.Method == http.MethodOptions {
		cors.Preflight(h, r)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	asked, report := cmcd.Cut([]byte(targetOf(r)))
	key, target, err := uri.Keys(string(asked), s.ignores)
	if err != nil {
		cors.OpenTo(h, r)
		s.quiet.Warn("request refused", "path", text.Clean(r.URL.Path), "reason", text.Shown(err.Error()), "player", r.RemoteAddr)
		s.refuse(w, "media", http.StatusBadRequest, err.Error())
		return
	}
	if fields := cmcd.Fields(r.Header); report != nil || fields != nil {
		defer s.hear(key, report, fields) // what is asked for is known by then
	}
	if isPrivate(r) {
		s.forward(w, r, key, target)
		return
	}
	cors.OpenTo(h, r)
	if s.isPlaylist(key) {
		s.servePlaylist(w, r, key, target)
		return
	}
	s.serveMedia(w, r, key, target)
}

// targetOf is the target of a request as it came.
func targetOf(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// ignores reports whether a query argument does not tell one resource from another.
func (s *Server) ignores(name string) bool { return slices.Contains(s.options.IgnoredQuery, name) }

// isPlaylist reports whether a key is that of a playlist, by its name or because it is
// followed.
func (s *Server) isPlaylist(key string) bool {
	if uri.IsPlaylist(key) {
		return true
	}
	return s.streams.Find(key) != nil
}

// IsListed reports whether a playlist that is followed is what a request asks for, or names
// it.
func (s *Server) IsListed(r *http.Request) bool {
	asked, _ := cmcd.Cut([]byte(targetOf(r)))
	key, _, err := uri.Keys(string(asked), s.ignores)
	return err == nil && (s.streams.Find(key) != nil || s.streams.Index.Has(key) || s.isNamed(key))
}

// refuse answers with an error.
func (s *Server) refuse(w http.ResponseWriter, kind string, status int, message string) {
	s.metrics.Requests.WithLabelValues(kind, strconv.Itoa(status)).Inc()
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	service.WriteError(w, status, message)
}

// mayWait takes a token for a request that is to wait; false when all are taken.
func (s *Server) mayWait() (release func(), ok bool) {
	select {
	case s.waiting <- struct{}{}:
		s.metrics.Held.Inc()
		return func() { <-s.waiting; s.metrics.Held.Dec() }, true
	default:
		return nil, false
	}
}
