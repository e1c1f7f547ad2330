package proxy

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/gorilla/mux"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/access"
	"livestream-tui/services/proxy/cmcd"
	"livestream-tui/services/proxy/events"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/hint"
	"livestream-tui/services/proxy/metrics"
	"livestream-tui/services/proxy/page"
	"livestream-tui/services/proxy/player"
	"livestream-tui/services/proxy/preference"
	"livestream-tui/services/proxy/statefile"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/uri"
)

// Service is the proxy.
type Service struct {
	config   Config
	events   *events.Log
	streams  *follow.Streams
	players  *player.Server
	audience *cmcd.Audience
	page     *page.Page    // nil without one
	access   access.Player // answers players; players or a guard of them
	guard    *access.Guard // nil where everybody may play
	issuer   issuer        // of the certificate; nil without TLS
	hints    *hint.Hints   // nil without a cluster
}

var (
	_ service.Drainer        = (*Service)(nil)
	_ service.AdminRouter    = (*Service)(nil)
	_ service.MemoryLimiter  = (*Service)(nil)
	_ service.Hearer         = (*Service)(nil)
	_ service.CookieAnswerer = (*Service)(nil)
	_ service.Securer        = (*Service)(nil)
)

// heldMost is how many playlists are followed by held requests where hints come instead.
const heldMost = 8

// New returns a proxy that is not running.
func New(c Config, k service.Kit) (*Service, error) { return newService(c, k, nil) }

// newService is New on another network; nil means the system's.
func newService(c Config, k service.Kit, connect dial.Context) (*Service, error) {
	hosts := uri.NewHosts(c.Packagers)
	options := upstream.Options{Dial: connect, Follow: func(host string) bool {
		return slices.Contains(c.RedirectHosts, host) || hosts.IsPackager("http", host) || hosts.IsPackager("https", host)
	}}
	var packagers []*upstream.Upstream
	for _, base := range c.Packagers {
		packagers = append(packagers, upstream.New(base, options))
	}
	m, quiet := metrics.New(k.Metrics), service.NewQuiet(k.Log, service.QuietPeriod)
	s := &Service{config: c, events: events.New()}
	var err error
	if s.issuer, err = newIssuer(c, k, quiet); err != nil {
		return nil, err
	}
	origins := preference.New(c.Origins, connect)
	held := 0
	if c.Bus.Enabled() {
		held = heldMost
	}
	s.streams = follow.New(follow.Options{
		Held: held, Policy: health.Policy{Clock: c.Bus.Enabled()},
		Bases: c.Packagers, Packagers: packagers, Origins: origins, CacheBytes: c.CacheBytes, Most: c.Streams, Idle: c.Idle,
		State: statefile.Open(c.Paths.State, int(c.ProxyPort)), Events: s.events, Metrics: m, Log: k.Log, Quiet: quiet,
	})
	s.audience = cmcd.New(cmcd.Options{
		Metrics: metrics.NewAudience(k.Metrics), Playlist: s.playlistOf, Permit: s.permit, Log: k.Log, HandedOver: s.streams.Succeeded(),
	})
	s.players = player.New(s.streams, player.Options{
		Bases: c.Packagers, Public: c.Admin.Public, IgnoredQuery: c.IgnoredQuery, Audience: s.audience, Metrics: m, Quiet: quiet,
	})
	if c.Bus.Enabled() {
		s.hints = hint.New(hint.Options{
			Config: c.Bus, Name: k.Name, Packagers: c.Packagers, Take: s.streams.Hint, Log: k.Log, Metrics: k.Metrics,
		})
	}
	s.access = s.players
	if len(c.Keys) > 0 {
		s.guard = access.New(c.Keys, s.players)
		s.access = s.guard
	}
	if c.Page {
		s.page = newPage(s, origins)
		if !s.page.HasHLS() {
			k.Log.Info("the page was built without hls.js, and plays only in browsers that play HLS by themselves")
		}
	}
	return s, nil
}

// Address is PROXY_PORT on BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// AdminAddress is where metrics and events are served beside the socket: PROXY_ADMIN.
func (s *Service) AdminAddress() string {
	return s.config.Admin.Address(s.Address(), s.config.ControlBindAddress)
}

// playlistOf is the key of a signal's media playlist, empty unless it is followed.
func (s *Service) playlistOf(signal string) string {
	if p := s.streams.Find("/" + signal + "/playlist.m3u8"); p != nil && p.IsProven() {
		return p.Key
	}
	return ""
}

// permit returns what says why a request with events may not report of a signal, nil when
// everybody may.
func (s *Service) permit(r *http.Request) (cmcd.Permit, error) {
	if s.guard == nil {
		return nil, nil //nolint:nilnil // nil is the Permit of everybody
	}
	return s.guard.Permit(r)
}

// AdminRoutes adds /events and /audience.
func (s *Service) AdminRoutes(r *mux.Router) {
	r.HandleFunc("/audience", func(w http.ResponseWriter, _ *http.Request) {
		service.WriteJSON(w, http.StatusOK, s.audience.Shown())
	}).Methods(service.Reads()...)
	r.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		s.events.Serve(w, r, s.streams.Succeeded(), s.streams.Done())
	}).Methods(service.Reads()...)
}

// Routes adds the page and the resources of the packagers.
func (s *Service) Routes(r *mux.Router) {
	s.secureRoutes(r)
	if s.page != nil {
		r.MatcherFunc(func(r *http.Request, _ *mux.RouteMatch) bool { return s.page.Matches(r) }).Handler(s.invited(s.page))
	}
	r.Handle(cmcd.Path, s.audience).Methods(http.MethodPost, http.MethodOptions)
	r.PathPrefix("/").Methods(http.MethodGet, http.MethodHead, http.MethodOptions).Handler(s.access)
}

// Answer is the response to a plain GET of what is whole in memory; nil for everything
// else, which the routes answer.
func (s *Service) Answer(target []byte) *fastpath.Response { return s.access.Answer(target) }

// AnswerCookie is Answer for a request with a cookie: with a playback token and no other.
func (s *Service) AnswerCookie(target, cookie []byte) *fastpath.Response {
	if s.guard == nil {
		return nil
	}
	return s.guard.AnswerCookie(target, cookie)
}

// Hear takes what players report in the header of a request that Answer has answered.
func (s *Service) Hear(target []byte, values [][]byte) { s.access.Hear(target, values) }

// HandedOver ends the responses that would never end. Playlists are followed on for the
// players that wait for one.
func (s *Service) HandedOver() { s.streams.Succeed() }

// Ready reports whether the playlists of an earlier incarnation are served again, and
// else why not.
func (s *Service) Ready() (bool, string) { return s.streams.Ready() }

// Run follows what players play until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	if s.page != nil {
		beside.Go(func() { s.page.Run(ctx) })
	}
	beside.Go(func() { s.audience.Run(ctx) })
	if s.issuer != nil {
		beside.Go(func() { s.issuer.Run(ctx) })
	}
	if s.hints != nil {
		beside.Go(func() { s.hints.Run(ctx) })
	}
	s.streams.Run(ctx)
	beside.Wait()
	return nil
}
