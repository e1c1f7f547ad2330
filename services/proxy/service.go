// Package proxy is what players talk to. It follows every packager all the time,
// owns the playlist that it serves, and holds the media that it lists, so that no
// player notices when a packager dies (FAILURES.md).
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/health"
	"livestream-tui/services/report"
	"livestream-tui/services/runner"
)

// Service is the proxy.
type Service struct {
	config    Config
	log       hclog.Logger
	metrics   *metrics
	packagers []*upstream
	origins   *origins
	cache     *cache
	index     *index
	events    *events
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

	mu      sync.RWMutex
	streams map[string]*stream // by key; guarded by mu
	held    chan struct{}      // a token for each held request
}

var _ runner.Lasting = (*Service)(nil)

// heldMost is how many requests of players may be held at the same time.
const heldMost = 20000

// New returns a proxy that is not running.
func New(c Config, k runner.Kit) (*Service, error) {
	s := &Service{
		config: c, log: k.Log, metrics: newMetrics(k.Metrics), origins: newOrigins(c.Origins),
		index: newIndex(), events: newEvents(),
		streams: map[string]*stream{}, held: make(chan struct{}, heldMost), restored: make(chan struct{}),
		succeeded: make(chan struct{}),
	}
	s.cache = newCache(c.CacheBytes, s.index.has)
	for _, base := range c.Packagers {
		s.packagers = append(s.packagers, newUpstream(base))
	}
	s.life, s.end = context.WithCancel(context.Background())
	var err error
	s.state, err = openState(c.Paths.State, int(c.ProxyPort))
	return s, err
}

// Address is PROXY_PORT on BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Routes adds /events; everything else is a resource of the packagers.
func (s *Service) Routes(r *mux.Router) {
	r.HandleFunc("/events", s.serveEvents).Methods(runner.Reads()...)
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
	for _, st := range s.all() {
		if why := st.restoring(time.Now()); why != "" {
			return false, why
		}
	}
	return true, ""
}

const (
	tickPeriod = 100 * time.Millisecond
	// absentIdle is how long a playlist is looked for that no packager has.
	absentIdle = 5 * time.Second
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
			u.close()
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
		now := time.Now()
		second := n%10 == 0
		for _, st := range s.all() {
			s.tick(st, now)
			if second {
				s.measure(st)
			}
		}
		if second {
			total, count := s.cache.sweep(now)
			s.metrics.cacheBytes.Set(float64(total))
			s.metrics.cacheLen.Set(float64(count))
			s.metrics.held.Set(float64(len(s.held)))
		}
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

func (s *Service) all() []*stream {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*stream, 0, len(s.streams))
	for _, st := range s.streams {
		list = append(list, st)
	}
	return list
}

// tick settles a stream, or ends it when nobody has asked for it for long.
func (s *Service) tick(st *stream, now time.Time) {
	if s.drop(st, now) {
		return
	}
	st.mu.Lock()
	st.settle(now)
	st.retire(nil, now)
	probes := st.dueProbes(now)
	st.mu.Unlock()
	for _, i := range probes {
		s.start(func() { st.probe(s.life, i) })
	}
}

// measure shows how a stream is, unless it has ended.
func (s *Service) measure(st *stream) {
	st.mu.Lock()
	last, verdicts := st.line.last(), st.verdicts
	st.mu.Unlock()
	s.mu.RLock()
	defer s.mu.RUnlock() // until its labels are there: remove takes them away
	if s.streams[st.key] != st {
		return
	}
	s.metrics.newest.WithLabelValues(st.key).Set(float64(last))
	for _, v := range verdicts {
		up := 0.0
		if health.Usable(v.State) {
			up = 1
		}
		s.metrics.state.WithLabelValues(st.key, v.Packager).Set(up)
	}
}

var errTooMany = errors.New("too many playlists are followed")

// stream is the stream of a playlist's key, which is followed from now on.
func (s *Service) stream(key string) (*stream, error) {
	s.mu.RLock()
	st := s.streams[key]
	if st != nil {
		st.asked.Store(time.Now().UnixNano()) // before drop can look
	}
	s.mu.RUnlock()
	if st != nil {
		return st, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st = s.streams[key]; st != nil {
		return st, nil
	}
	if len(s.streams) >= s.config.Streams {
		s.makeRoom()
	}
	if len(s.streams) >= s.config.Streams {
		return nil, fmt.Errorf("%w: %d, PROXY_PLAYLISTS sets how many are allowed", errTooMany, len(s.streams))
	}
	if s.life.Err() != nil {
		return nil, s.life.Err()
	}
	st = newStream(s, key, time.Now())
	s.begin(st)
	return st, nil
}

// begin follows a stream. Needs mu.
func (s *Service) begin(st *stream) {
	ctx, cancel := context.WithCancel(s.life)
	st.cancel = cancel
	s.streams[st.key] = st
	s.metrics.playlists.Set(float64(len(s.streams)))
	s.start(func() {
		st.run(ctx)
		st.forgetAll()
	})
}

// drop ends a stream that nobody has asked for for long, and reports whether it
// did. One that was ever served is kept for the whole time, whatever packagers say:
// its numbers must go on (rule 1).
func (s *Service) drop(st *stream, now time.Time) bool {
	most := s.config.Idle
	if st.shown.Load().body == nil && st.absentEverywhere() {
		most = min(most, absentIdle)
	}
	if now.UnixNano()-st.asked.Load() <= int64(most) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.UnixNano()-st.asked.Load() <= int64(most) {
		return false // asked for meanwhile
	}
	s.remove(st)
	s.log.Debug("nobody asks for this playlist any more", "playlist", st.key)
	return true
}

// makeRoom ends the streams of playlists that no packager has: whoever asks for
// made-up names is to keep nobody out. Needs mu.
func (s *Service) makeRoom() {
	for _, st := range s.streams {
		if st.shown.Load().body == nil && st.absentEverywhere() {
			s.remove(st)
		}
	}
}

// remove ends a stream. Needs mu.
func (s *Service) remove(st *stream) {
	st.cancel()
	if s.streams[st.key] == st {
		delete(s.streams, st.key)
	}
	s.metrics.playlists.Set(float64(len(s.streams)))
	s.metrics.newest.DeleteLabelValues(st.key)
	s.metrics.state.DeletePartialMatch(prometheus.Labels{"playlist": st.key})
}

// tell makes a failover known: in the log, in the metrics, at /events.
func (s *Service) tell(f report.Failover) {
	if s.isSucceeded() {
		return // the other incarnation tells of it
	}
	s.metrics.failovers.WithLabelValues(f.Signal, f.From, f.To).Inc()
	if f.GapMS >= 0 {
		s.metrics.gap.Observe(f.GapMS / 1000)
	}
	s.events.add(f, time.Now())
	report.Emit(s.log, failoverText(f), f)
}
