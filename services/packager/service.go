// Package packager publishes the signals that workers write to disk over HTTP,
// with playlists of its own making. Two packagers that read the same folder serve
// the same bytes and list the same segments, so that one can stand in for the other.
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
	// scanned is set once the folder has been read and published for the first time.
	scanned atomic.Bool
	// stopping is closed when Run ends: held requests end then.
	stopping chan struct{}
	held     atomic.Int64 // requests that wait
	thaw     thaw

	newest    *prometheus.GaugeVec
	bytes     *prometheus.GaugeVec
	requests  *prometheus.CounterVec
	conflicts *prometheus.CounterVec
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
	return &Service{
		config: c, log: k.Log, now: time.Now, instance: rand.Text(), client: newPeerClient(),
		faults: newFaults(), thaw: thaw{wait: thawWait}, stopping: make(chan struct{}),
		signals: map[string]*signal{}, peers: map[string]*peers{},
		newest:    metrics.NewGaugeVec(prometheus.GaugeOpts{Name: "packager_newest_msn", Help: "Media sequence number of the newest segment listed."}, []string{"signal"}),
		bytes:     metrics.NewGaugeVec(prometheus.GaugeOpts{Name: "packager_held_bytes", Help: "Bytes of media in memory."}, []string{"signal"}),
		requests:  metrics.NewCounterVec(prometheus.CounterOpts{Name: "packager_requests_total", Help: "Answers by class of status: 2xx, 3xx, 4xx, 5xx, or broken."}, []string{"class"}),
		conflicts: metrics.NewCounterVec(prometheus.CounterOpts{Name: "packager_conflicts_total", Help: "Names under which something else came than what is served."}, []string{"signal"}),
		delay: metrics.NewHistogram(prometheus.HistogramOpts{
			Name: "packager_publish_delay_seconds", Help: "From a segment's last byte on disk to its playlist.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2},
		}),
	}, nil
}

// Address is PACKAGER_PORT on CONTROL_BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Ready is true while there is a playlist to serve.
func (s *Service) Ready() (bool, string) {
	if !s.scanned.Load() {
		return false, "reading " + s.config.Paths.Output
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.signals) == 0 {
		return false, fmt.Sprintf("no signal in %s yet", s.config.Paths.Output)
	}
	for _, g := range s.signals {
		if g.current.Load() != nil {
			return true, ""
		}
	}
	return false, fmt.Sprintf("no whole segment in %s yet", s.config.Paths.Output)
}

// Run publishes what comes into the folder until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	defer s.client.CloseIdleConnections()
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
		late := s.now().Sub(i.file.ModTime())
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
