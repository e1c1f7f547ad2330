package peer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/window"
)

const (
	// atOnce is how many signals are pulled at the same time.
	atOnce = 4
	// pullLimit bounds one request: media that takes longer is of no use.
	pullLimit = 4 * time.Second
	// lookEvery is how often a Source looks at least.
	lookEvery = time.Second
	// logEvery is how often the same trouble is logged.
	logEvery = 10 * time.Second
)

// Options are the settings of a Source. All are required.
type Options struct {
	// Window is how many segments a playlist lists: no more are pulled of a signal at once.
	Window  int
	Client  *http.Client
	Now     func() time.Time
	Log     hclog.Logger
	Metrics prometheus.Registerer
}

// Source pulls from peers. Safe for concurrent use.
type Source struct {
	to      *sink.Sink
	options Options
	quiet   *service.Quiet
	results *prometheus.CounterVec
	wake    chan struct{} // holds one token while something may be due
	places  chan struct{} // holds a token for each pull
	gone    gone          // used by Discover alone

	mu      sync.Mutex
	signals map[string]*state // guarded by mu
}

// New returns a Source that puts what it pulls into to.
func New(to *sink.Sink, o Options) *Source {
	return &Source{
		to: to, options: o, quiet: service.NewQuiet(o.Log, logEvery), wake: make(chan struct{}, 1), places: make(chan struct{}, atOnce),
		signals: map[string]*state{}, gone: gone{},
		results: promauto.With(o.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "packager_pulled_total", Help: "Media that was pulled from other packagers because no worker brought it in time, by result: taken, same, late, refused or failed.",
		}, []string{"result"}),
	}
}

// Listed takes the playlist of a signal at a peer. It must not be changed afterwards.
func (s *Source) Listed(peer, signal string, list *m3u8.MediaPlaylist) {
	s.mu.Lock()
	g := s.signals[signal]
	if g == nil {
		g = newState()
		s.signals[signal] = g
	}
	g.listed(peer, list, s.options.Now())
	s.mu.Unlock()
	s.wakeUp()
}

// Forget notes that a peer does not answer for a signal.
func (s *Source) Forget(peer, signal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.signals[signal]
	if g == nil {
		return
	}
	if delete(g.lists, peer); len(g.lists) == 0 && !g.busy {
		delete(s.signals, signal)
	}
}

// Brought notes that a worker has brought a segment.
func (s *Source) Brought(signal string, msn int64) {
	s.mu.Lock()
	g := s.signals[signal]
	ends := g != nil && g.brought(msn, s.options.Now())
	s.mu.Unlock()
	if ends {
		s.options.Log.Info("workers bring segments in time again", "signal", signal)
	}
}

func (s *Source) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Run pulls what is due until ctx is cancelled.
func (s *Source) Run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		timer.Reset(s.step(func(signal string) {
			group.Go(func() {
				s.pull(ctx, signal)
				<-s.places
				s.wakeUp()
			})
		}))
	}
}

// step starts the pulls that are due, and returns how long until it must be called again.
func (s *Source) step(start func(signal string)) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, wait := s.options.Now(), lookEvery
	for signal, g := range s.signals {
		if g.busy {
			continue
		}
		due, is := g.due(s.to.Newest(signal))
		if !is || !s.to.Wants(signal) {
			continue
		}
		if d := due.Sub(now); d > 0 {
			wait = min(wait, d)
			continue
		}
		select {
		case s.places <- struct{}{}:
			g.busy = true
			start(signal)
		default: // the end of another pull wakes it
		}
	}
	return wait
}

// pull pulls what one peer lists of a signal and the sink lacks, the oldest first.
func (s *Source) pull(ctx context.Context, signal string) {
	newest := s.to.Newest(signal)
	s.mu.Lock()
	g := s.signals[signal]
	peer, list := g.source(newest, s.options.Window)
	s.mu.Unlock()
	taken, err := 0, error(nil)
	if list != nil {
		taken, err = s.bring(ctx, peer, signal, list)
	}
	s.mu.Lock()
	g.pulled(err == nil, s.options.Now())
	first := taken > 0 && !g.lacking
	g.lacking = g.lacking || first
	if len(g.lists) == 0 {
		delete(s.signals, signal)
	}
	s.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.quiet.Warn("cannot pull from another packager", "signal", signal, "packager", peer, "reason", text.Cause(err))
	case first && newest < 0:
		s.options.Log.Info("the window is pulled from another packager", "signal", signal, "packager", peer, "objects", taken)
	case first:
		s.quiet.Warn("no worker brings segments in time, they are pulled from another packager", "signal", signal, "packager", peer)
	}
}

// bring brings the sink what it lacks of a playlist, and then the playlist. It returns how
// many objects were taken.
func (s *Source) bring(ctx context.Context, peer, signal string, list *m3u8.MediaPlaylist) (taken int, err error) {
	if _, err := window.EntriesOf(list); err != nil {
		return 0, err // its names would lead elsewhere
	}
	for i := range list.Segments {
		e := &list.Segments[i]
		if e.Gap || e.Map == nil {
			continue
		}
		for _, name := range []string{e.Map.URI, e.URI} {
			if s.to.Media(signal, name) != nil {
				continue
			}
			is, err := s.fetch(ctx, peer, signal, name)
			if err != nil {
				return taken, fmt.Errorf("%s: %w", name, err)
			}
			if is {
				taken++
			}
		}
	}
	return taken, s.to.SupplyPlaylist(signal, list)
}

// fetch brings the sink one object, and reports whether the sink took it.
func (s *Source) fetch(ctx context.Context, peer, signal, name string) (taken bool, err error) {
	m, err := s.get(ctx, peer, signal, name)
	if err != nil {
		s.results.WithLabelValues("failed").Inc()
		return false, err
	}
	err = s.to.Supply(signal, m)
	var refusal *sink.Refusal
	switch {
	case err == nil:
		s.results.WithLabelValues("taken").Inc()
		return true, nil
	case errors.Is(err, sink.ErrSame):
		s.results.WithLabelValues("same").Inc()
		return false, nil
	case errors.As(err, &refusal) && refusal.Reason == sink.Late:
		s.results.WithLabelValues("late").Inc() // a worker brought it meanwhile
		return false, nil
	}
	s.results.WithLabelValues("refused").Inc()
	return false, err
}

// get loads one object from a peer, whole and with the digest that it states.
func (s *Source) get(ctx context.Context, peer, signal, name string) (*window.Media, error) {
	ctx, cancel := context.WithTimeout(ctx, pullLimit)
	defer cancel()
	a, err := httpx.Get(ctx, s.options.Client, peer+ingest.ObjectPath(signal, name), ingest.MaxSegment)
	if err != nil {
		return nil, err
	}
	if digest := a.Header.Get(ingest.DigestHeader); digest == "" || !ingest.Matches(digest, a.Body) {
		return nil, fmt.Errorf("its bytes are not those of its %s", ingest.DigestHeader)
	}
	m, err := window.ParseMedia(name, a.Body)
	if err == nil {
		m.Encoded = m.MSN >= 0 && a.Header.Get(ingest.EqualityHeader) == ingest.EqualTiming
	}
	return m, err
}
