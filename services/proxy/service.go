package proxy

import (
	"context"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/events"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/metrics"
	"livestream-tui/services/proxy/player"
	"livestream-tui/services/proxy/preference"
	"livestream-tui/services/proxy/statefile"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/uri"
)

// Service is the proxy.
type Service struct {
	config  Config
	events  *events.Log
	streams *follow.Streams
	players *player.Server
}

var (
	_ service.Drainer       = (*Service)(nil)
	_ service.AdminRouter   = (*Service)(nil)
	_ service.MemoryLimiter = (*Service)(nil)
	_ service.Answerer      = (*Service)(nil)
)

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
	s.streams = follow.New(follow.Options{
		Bases: c.Packagers, Packagers: packagers, Origins: preference.New(c.Origins, connect), CacheBytes: c.CacheBytes, Most: c.Streams, Idle: c.Idle,
		State: statefile.Open(c.Paths.State, int(c.ProxyPort)), Events: s.events, Metrics: m, Log: k.Log, Quiet: quiet,
	})
	s.players = player.New(s.streams, player.Options{
		Bases: c.Packagers, Public: c.Admin.Public, IgnoredQuery: c.IgnoredQuery, Metrics: m, Quiet: quiet,
	})
	return s, nil
}

// Address is PROXY_PORT on BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// AdminAddress is where metrics and events are served beside the socket: PROXY_ADMIN.
func (s *Service) AdminAddress() string {
	return s.config.Admin.Address(s.Address(), s.config.ControlBindAddress)
}

// AdminRoutes adds /events.
func (s *Service) AdminRoutes(r *mux.Router) {
	r.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		s.events.Serve(w, r, s.streams.Succeeded(), s.streams.Done())
	}).Methods(service.Reads()...)
}

// Routes adds the resources of the packagers.
func (s *Service) Routes(r *mux.Router) {
	r.PathPrefix("/").Methods(http.MethodGet, http.MethodHead, http.MethodOptions).Handler(s.players)
}

// Answer is the response to a plain GET of what is whole in memory; nil for everything
// else, which the routes answer.
func (s *Service) Answer(target []byte) *fastpath.Response { return s.players.Answer(target) }

// HandedOver ends the responses that would never end. Playlists are followed on for the
// players that wait for one.
func (s *Service) HandedOver() { s.streams.Succeed() }

// Ready reports whether the playlists of an earlier incarnation are served again, and
// else why not.
func (s *Service) Ready() (bool, string) { return s.streams.Ready() }

// Run follows what players play until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	s.streams.Run(ctx)
	return nil
}
