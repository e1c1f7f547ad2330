// Package proxy is what players talk to. It follows every packager all the time,
// owns the playlist that it serves, and holds the media that it lists, so that no
// player notices when a packager dies. What it decides is in package stream.
package proxy

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/cache"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/stream"
)

// Service is the proxy.
type Service struct {
	config    Config
	log       hclog.Logger
	quiet     *service.Quiet // what others can cause as often as they like
	metrics   *metrics
	hosts     hosts
	packagers []*fetch.Upstream
	origins   *origins
	cache     *cache.Cache
	index     *index
	events    *events
	told      allowance // of changes of mode
	state     *state

	// life is the service's own time: what it starts ends with it.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	// begun is held to start work, and to end life: nothing starts after it.
	begun sync.RWMutex
	// restored is closed when the playlists of an earlier incarnation are here
	// again: a request that came before would begin them anew.
	restored chan struct{}
	// succeeded is closed when another incarnation has taken over: what is open is
	// finished, and whatever goes on beyond it is the other's to keep and to tell.
	succeeded chan struct{}

	mu        sync.RWMutex
	playlists map[string]*playlist // by key; guarded by mu
	names     map[string]*follower // of playlists that are not followed yet, by key; guarded by mu
	folders   map[string]*playlist // by the folder that they lie in; guarded by mu
	left      []*playlist          // degraded ones that are not followed any more, to be told; guarded by mu
	held      chan struct{}        // a token for each held request
}

var (
	_ service.Lasting     = (*Service)(nil)
	_ service.PlayersOnly = (*Service)(nil)
	_ service.Bounded     = (*Service)(nil)
)

// heldMost is how many requests of players may be held at the same time.
const heldMost = 20000

// New returns a proxy that is not running.
func New(c Config, k service.Kit) (*Service, error) { return newService(c, k, nil) }

// newService is New with another network; nil is the system's.
func newService(c Config, k service.Kit, dial func(ctx context.Context, network, address string) (net.Conn, error)) (*Service, error) {
	s := &Service{
		config: c, log: k.Log, quiet: service.NewQuiet(k.Log, service.QuietPeriod), metrics: newMetrics(k.Metrics),
		hosts: newHosts(c.Packagers), origins: newOrigins(c.Origins, dial), index: newIndex(), events: newEvents(),
		playlists: map[string]*playlist{}, names: map[string]*follower{}, folders: map[string]*playlist{},
		held: make(chan struct{}, heldMost), restored: make(chan struct{}), succeeded: make(chan struct{}),
	}
	s.cache = cache.New(c.CacheBytes, s.index.has)
	options := fetch.Options{Dial: dial, Follow: func(host string) bool {
		return slices.Contains(c.RedirectHosts, host) || s.hosts.IsPackager("http", host) || s.hosts.IsPackager("https", host)
	}}
	for _, base := range c.Packagers {
		s.packagers = append(s.packagers, fetch.NewUpstream(base, options))
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.state = openState(c.Paths.State, int(c.ProxyPort))
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
	r.HandleFunc("/events", s.serveEvents).Methods(service.Reads()...)
}

// Routes has the resources of the packagers, and nothing else.
func (s *Service) Routes(r *mux.Router) {
	r.PathPrefix("/").Methods(http.MethodGet, http.MethodHead, http.MethodOptions).HandlerFunc(s.serve)
}

// HandedOver ends what would never end. Playlists are followed on for the players
// that wait for one.
func (s *Service) HandedOver() { close(s.succeeded) }

func (s *Service) isSucceeded() bool {
	select {
	case <-s.succeeded:
		return true
	default:
		return false
	}
}

// Ready reports whether the playlists of an earlier incarnation are served again;
// without any it is ready at once: what it serves, players ask for.
func (s *Service) Ready() (bool, string) {
	select {
	case <-s.restored:
	default:
		return false, "restoring the playlists of an earlier incarnation"
	}
	for _, p := range s.all() {
		if why := p.restoring(time.Now()); why != "" {
			return false, why
		}
	}
	return true, ""
}

const (
	tickPeriod = 100 * time.Millisecond
	// absentIdle is how long a playlist is remembered that no packager has: less than
	// until they would be asked again. unprovenIdle is for one that nobody has given yet
	// and nobody waits for.
	absentIdle   = 800 * time.Millisecond
	unprovenIdle = 5 * time.Second
	// unprovenMost is how many playlists may be looked for at once that were never
	// there: made-up names are to keep nobody out.
	unprovenMost = 64
)

// Run follows what players play until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	defer func() {
		s.begun.Lock()
		s.end()
		s.begun.Unlock()
		s.work.Wait()
		s.origins.close()
		for _, u := range s.packagers {
			u.Close()
		}
	}()
	s.restore()
	close(s.restored)
	s.start(func() { s.state.write(s.life, s.log) })
	tick := time.NewTicker(tickPeriod)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		s.tick(time.Now(), n%10 == 0)
	}
}

// start does work beside the caller's, which Run waits for; false when the
// service's life is over.
func (s *Service) start(work func()) bool {
	s.begun.RLock()
	defer s.begun.RUnlock()
	if s.life.Err() != nil {
		return false
	}
	s.work.Go(work)
	return true
}

func (s *Service) all() []*playlist {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*playlist, 0, len(s.playlists))
	for _, p := range s.playlists {
		list = append(list, p)
	}
	return list
}

// tick lets every stream see the time, ends what nobody asks for, and shows how all is,
// once a second.
func (s *Service) tick(now time.Time, second bool) {
	ticks := map[*follower]stream.Tick{}
	modes := map[stream.Mode]int{}
	for _, p := range s.all() {
		if s.drop(p, now) {
			continue
		}
		t, has := ticks[p.f]
		if !has {
			t = stream.Tick{At: stream.At(now), Played: map[string]time.Time{}}
			ticks[p.f] = t
		}
		if w := p.watched.get(); !w.IsZero() {
			t.Played[p.key] = w
		}
		modes[p.shown.Load().Mode]++
		if second {
			s.measure(p)
		}
	}
	for f, t := range ticks {
		f.push(t)
	}
	s.tellLeft()
	if second {
		total, count := s.cache.Sweep(now)
		s.metrics.cacheBytes.Set(float64(total))
		s.metrics.cacheLen.Set(float64(count))
		s.metrics.held.Set(float64(len(s.held)))
		s.metrics.showModes(modes)
	}
}

// measure shows how a playlist is, unless it has ended.
func (s *Service) measure(p *playlist) {
	s.mu.RLock()
	defer s.mu.RUnlock() // until its labels are there: remove takes them away
	if s.playlists[p.key] == p {
		p.f.measure(p)
	}
}
