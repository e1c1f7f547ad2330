// Package packager publishes over HTTP the signals that workers write to a folder or
// PUT to it, with playlists of its own making. Two packagers of the same signals
// serve the same bytes and list the same segments, so that one can stand in for the
// other.
package packager

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/runner"
)

// Service is a packager.
type Service struct {
	config   Config
	log      hclog.Logger
	now      func() time.Time
	instance string // tells this incarnation from all others
	client   *http.Client
	faults   *faults
	// scanned is set once the folder has been read and published for the first time,
	// or a signal that came by HTTP was.
	scanned atomic.Bool
	// stopping is closed when Run ends: held requests end then.
	stopping chan struct{}
	held     atomic.Int64 // requests that wait
	thaw     thaw
	intake   *intake       // nil where signals come from the folder
	bodies   chan struct{} // as many as may be taken at once

	newest    *prometheus.GaugeVec
	bytes     *prometheus.GaugeVec
	requests  *prometheus.CounterVec
	conflicts *prometheus.CounterVec
	ingested  *prometheus.CounterVec
	delay     prometheus.Histogram

	mu      sync.Mutex
	signals map[string]*signal // guarded by mu; only current may be used of one
	peers   map[string]*peers  // by signal; guarded by mu
}

var (
	_ runner.Service    = (*Service)(nil)
	_ runner.Controlled = (*Service)(nil)
)

// New returns a packager that has not looked at its folder yet.
func New(c Config, k runner.Kit) (*Service, error) {
	metrics := promauto.With(k.Metrics)
	s := &Service{
		config: c, log: k.Log, now: time.Now, instance: rand.Text(), client: newPeerClient(),
		faults: newFaults(), thaw: thaw{wait: thawWait}, stopping: make(chan struct{}),
		bodies:  make(chan struct{}, maxBodies),
		signals: map[string]*signal{}, peers: map[string]*peers{},
		newest:    metrics.NewGaugeVec(prometheus.GaugeOpts{Name: "packager_newest_msn", Help: "Media sequence number of the newest segment listed."}, []string{"signal"}),
		bytes:     metrics.NewGaugeVec(prometheus.GaugeOpts{Name: "packager_held_bytes", Help: "Bytes of media in memory."}, []string{"signal"}),
		requests:  metrics.NewCounterVec(prometheus.CounterOpts{Name: "packager_requests_total", Help: "Answers by class of status: 2xx, 3xx, 4xx, 5xx, or broken."}, []string{"class"}),
		conflicts: metrics.NewCounterVec(prometheus.CounterOpts{Name: "packager_conflicts_total", Help: "Names under which something else came than what is served."}, []string{"signal"}),
		ingested:  metrics.NewCounterVec(prometheus.CounterOpts{Name: "packager_ingested_total", Help: "What workers PUT, by result: taken, same, late, conflict, refused or unauthorized."}, []string{"result"}),
		delay: metrics.NewHistogram(prometheus.HistogramOpts{
			Name: "packager_publish_delay_seconds", Help: "From a segment's last byte to the playlist that lists it.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2},
		}),
	}
	if c.Ingest == FromHTTP {
		s.intake = newIntake(s)
	}
	return s, nil
}

// Address is PACKAGER_PORT on CONTROL_BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Ready is true while there is a playlist to serve.
func (s *Service) Ready() (bool, string) {
	from := "in " + s.config.Paths.Output
	switch {
	case s.intake != nil:
		from = "from any worker"
	case !s.scanned.Load():
		return false, "reading " + s.config.Paths.Output
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.signals) == 0 {
		return false, fmt.Sprintf("no signal %s yet", from)
	}
	for _, g := range s.signals {
		if g.current.Load() != nil {
			return true, ""
		}
	}
	return false, fmt.Sprintf("no whole segment %s yet", from)
}

// Run publishes what comes until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	defer s.client.CloseIdleConnections()
	if s.intake != nil {
		context.AfterFunc(ctx, func() { close(s.stopping) })
		s.intake.run(ctx)
		return nil
	}
	in := ingest{
		s: s, output: filepath.Clean(s.config.Paths.Output),
		follows: map[string]context.CancelFunc{}, signals: map[string]*signal{},
	}
	in.run(ctx)
	close(s.stopping)
	in.wait()
	return nil
}

func (s *Service) register(g *signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signals[g.name], s.peers[g.name] = g, &peers{}
}

// unregister ends a signal: those who wait for its playlist find that it is gone.
func (s *Service) unregister(g *signal) {
	s.mu.Lock()
	delete(s.signals, g.name)
	delete(s.peers, g.name)
	s.mu.Unlock()
	g.end()
	s.newest.DeleteLabelValues(g.name)
	s.bytes.DeleteLabelValues(g.name)
}

// published tells the log and the metrics of newly listed segments.
func (s *Service) published(g *signal, msns []int64, first bool) {
	s.measure(g)
	newest := msns[len(msns)-1]
	s.newest.WithLabelValues(g.name).Set(float64(newest))
	if first {
		s.log.Info("signal published", "signal", g.name, "msn", newest, "segments", len(msns))
		return
	}
	for _, msn := range msns {
		i := g.shelf.items[segmentName(msn)]
		if i == nil {
			continue // a gap
		}
		late := s.now().Sub(i.came)
		s.delay.Observe(late.Seconds())
		s.log.Debug("segment published", "signal", g.name, "msn", msn, "delay_ms", late.Milliseconds())
	}
}

func (s *Service) measure(g *signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.signals[g.name] == g {
		s.bytes.WithLabelValues(g.name).Set(float64(g.shelf.bytes()))
	}
}

// find returns what is served of a signal; nil before its first playlist. The
// second result says whether the signal is known.
func (s *Service) find(name string) (*snapshot, bool) {
	s.mu.Lock()
	g := s.signals[name]
	s.mu.Unlock()
	if g == nil {
		return nil, false
	}
	return g.current.Load(), true
}

// longestHold is how long a blocking reload is held at most: three target
// durations (rfc8216bis, 6.2.5.2).
func (s *Service) longestHold(signal string) time.Duration {
	if snap, _ := s.find(signal); snap != nil {
		return 3 * snap.target()
	}
	return maxPeerPause
}
