package follow

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/cache"
	"livestream-tui/services/proxy/events"
	"livestream-tui/services/proxy/metrics"
	"livestream-tui/services/proxy/preference"
	"livestream-tui/services/proxy/statefile"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/upstream"
)

// Options are the options of Streams.
type Options struct {
	// Bases are the packagers' base URLs, as in PACKAGERS, and Packagers the packagers as
	// servers, in the same order.
	Bases     []string
	Packagers []*upstream.Upstream
	// Origins are asked which packagers they prefer.
	Origins *preference.Origins
	// CacheBytes bounds the media kept in memory.
	CacheBytes int64
	// Most is how many playlists are followed at the same time, Idle how long a playlist
	// is followed that is not asked for.
	Most int
	Idle time.Duration
	// Held is how many playlists are followed by requests that packagers hold where hints come
	// instead. With more of them one request is held at each packager, whatever their number. Zero
	// means that no hints come, and Hint must not be called.
	Held int
	// Policy is how packagers are judged.
	Policy health.Policy
	// State keeps the playlists for the next incarnation of the proxy.
	State   *statefile.Folder
	Events  *events.Log
	Metrics *metrics.Metrics
	Log     hclog.Logger
	// Quiet is the log of events that others can cause as often as they like.
	Quiet *service.Quiet
}

// Streams are all streams that are followed, one follower each. Safe for concurrent use.
type Streams struct {
	options   Options
	log       hclog.Logger
	quiet     *service.Quiet
	metrics   *metrics.Metrics
	packagers []*upstream.Upstream
	origins   *preference.Origins
	cache     *cache.Cache
	Index     *Index
	events    *events.Log
	announced allowance // changes of mode that were logged
	watches   []watch   // by packager; nil where no hints come
	state     *statefile.Folder

	// life is the context of all that is started; it ends with Run.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	// begun is held to start work and to end life: nothing starts after that.
	begun sync.RWMutex
	// restored is closed when the playlists of an earlier incarnation are followed again.
	// A request that was served before would begin them anew.
	restored chan struct{}
	// succeeded is closed when another incarnation has taken over. That one keeps the
	// playlists and announces what happens from then on.
	succeeded chan struct{}

	mu        sync.RWMutex
	playlists map[string]*Playlist // by key; guarded by mu
	names     map[string]*follower // of playlists that are not followed yet, by key; guarded by mu
	folders   map[string]*Playlist // by the folder that they lie in; guarded by mu
	left      []*Playlist          // degraded playlists whose end was not announced yet; guarded by mu
}

// New returns Streams without a stream; Run follows those that players ask for.
func New(o Options) *Streams {
	s := &Streams{
		options: o, log: o.Log, quiet: o.Quiet, metrics: o.Metrics, packagers: o.Packagers, origins: o.Origins, events: o.Events, state: o.State,
		Index: newIndex(), playlists: map[string]*Playlist{}, names: map[string]*follower{}, folders: map[string]*Playlist{},
		restored: make(chan struct{}), succeeded: make(chan struct{}),
	}
	if o.Held > 0 {
		s.watches = make([]watch, len(o.Packagers))
		for i := range s.watches {
			s.watches[i].heard.began = time.Now()
		}
	}
	s.cache = cache.New(o.CacheBytes, s.Index.Has)
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Cache holds the media of all streams.
func (s *Streams) Cache() *cache.Cache { return s.cache }

// Restored is closed when the playlists of an earlier incarnation are followed again.
func (s *Streams) Restored() <-chan struct{} { return s.restored }

// Done is closed when no stream is followed any more.
func (s *Streams) Done() <-chan struct{} { return s.life.Done() }

// Succeed says that another incarnation has taken over. Playlists are followed on for
// the players that are left; the other incarnation keeps and announces them.
func (s *Streams) Succeed() { close(s.succeeded) }

// Succeeded is closed by Succeed.
func (s *Streams) Succeeded() <-chan struct{} { return s.succeeded }

func (s *Streams) isSucceeded() bool {
	select {
	case <-s.succeeded:
		return true
	default:
		return false
	}
}

// Ready reports whether the playlists of an earlier incarnation are served again, and
// else why not. Without any it is ready at once: players ask for what is followed.
func (s *Streams) Ready() (bool, string) {
	select {
	case <-s.restored:
	default:
		return false, "restoring the playlists of an earlier incarnation"
	}
	for _, p := range s.All() {
		if why := p.restoring(time.Now()); why != "" {
			return false, why
		}
	}
	return true, ""
}

const tickPeriod = 100 * time.Millisecond

// Run restores the playlists of an earlier incarnation and follows what players play
// until ctx is cancelled. It returns when all that was started has ended.
func (s *Streams) Run(ctx context.Context) {
	defer s.Close()
	s.restore()
	close(s.restored)
	s.start(func() { s.state.Write(s.life, s.log) })
	tick := time.NewTicker(tickPeriod)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.tick(time.Now(), n%10 == 0)
	}
}

// Close ends all that was started and waits for it. Run calls it as well.
func (s *Streams) Close() {
	s.begun.Lock()
	s.end()
	s.begun.Unlock()
	s.work.Wait()
	s.origins.Close()
	for _, u := range s.packagers {
		u.Close()
	}
}

// start runs work in a goroutine that Close waits for; false when life has ended.
func (s *Streams) start(work func()) bool {
	s.begun.RLock()
	defer s.begun.RUnlock()
	if s.life.Err() != nil {
		return false
	}
	s.work.Go(work)
	return true
}

// tick passes the time to every stream and ends playlists that were not asked for. Once a
// second it also updates the metrics.
func (s *Streams) tick(now time.Time, second bool) {
	ticks := map[*follower]stream.Tick{}
	modes := map[stream.Mode]int{}
	for _, p := range s.All() {
		if s.drop(p, now) {
			continue
		}
		t, has := ticks[p.f]
		if !has {
			t = stream.Tick{At: stream.At(now), Played: map[string]time.Time{}}
			ticks[p.f] = t
		}
		if w := p.watched.get(); !w.IsZero() {
			t.Played[p.Key] = w
		}
		modes[p.shown.Load().Mode]++
		if second {
			s.measure(p)
		}
	}
	for f, t := range ticks {
		f.push(t)
	}
	s.announceLeft()
	if second {
		total, count := s.cache.Sweep(now)
		s.metrics.CacheBytes.Set(float64(total))
		s.metrics.CacheObjects.Set(float64(count))
		s.metrics.ShowModes(modes)
	}
}

// measure shows the state of a playlist in the metrics, unless it has ended.
func (s *Streams) measure(p *Playlist) {
	s.mu.RLock()
	defer s.mu.RUnlock() // until the labels are set, which remove deletes
	if s.playlists[p.Key] == p {
		p.f.measure(p)
	}
}
