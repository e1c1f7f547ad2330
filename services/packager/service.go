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
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager/fault"
	"livestream-tui/services/packager/ingest"
)

// source is how signals come to the sink.
type source interface {
	// Run brings them until ctx is cancelled.
	Run(ctx context.Context)
	// Routes adds what is brought or asked for over HTTP.
	Routes(r *mux.Router)
	// Complete reports whether a signal that the sink does not know is none, rather
	// than one that has not been looked at yet. Safe for concurrent use.
	Complete() bool
}

var (
	_ source = (*ingest.Folders)(nil)
	_ source = (*ingest.Receiver)(nil)
)

// Service is a packager.
type Service struct {
	config   Config
	log      hclog.Logger
	now      func() time.Time
	instance string // tells this incarnation from all others
	client   *http.Client
	sink     *ingest.Sink
	source   source
	// faults is the switch of faults; nil where nobody has asked for one.
	faults atomic.Pointer[fault.Switch]
	// stopping is closed when Run ends: held requests end then.
	stopping chan struct{}
	held     atomic.Int64 // requests that wait
	thaw     thaw
	requests *prometheus.CounterVec

	mu    sync.Mutex
	peers map[string]*peers // by signal; guarded by mu
}

var (
	_ service.Service    = (*Service)(nil)
	_ service.Controlled = (*Service)(nil)
)

// New returns a packager to which nothing has come yet.
func New(c Config, k service.Kit) (*Service, error) {
	s := &Service{
		config: c, log: k.Log, now: time.Now, instance: rand.Text(), client: newPeerClient(),
		thaw: thaw{wait: thawWait}, stopping: make(chan struct{}), peers: map[string]*peers{},
		requests: promauto.With(k.Metrics).NewCounterVec(prometheus.CounterOpts{Name: "packager_requests_total", Help: "Answers by class of status: 2xx, 3xx, 4xx, 5xx, or broken."}, []string{"class"}),
	}
	fromFolder := c.Ingest != FromHTTP
	s.sink = ingest.NewSink(ingest.Options{
		Window: c.Window, Sole: fromFolder, Now: func() time.Time { return s.now() }, Log: k.Log, Metrics: k.Metrics,
	})
	looked := func() { s.thaw.looked(s.now()) }
	if fromFolder {
		s.source = ingest.NewFolders(s.sink, c.Paths.Output, looked)
	} else {
		s.source = ingest.NewReceiver(s.sink, c.Token, looked)
	}
	return s, nil
}

// Address is PACKAGER_PORT on CONTROL_BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Ready is true while there is a playlist to serve.
func (s *Service) Ready() (bool, string) {
	for _, snap := range s.sink.Snapshots() {
		if !snap.Gone {
			return true, ""
		}
	}
	from := "in " + s.config.Paths.Output
	switch {
	case s.config.Ingest == FromHTTP:
		from = "from any worker"
	case !s.source.Complete():
		return false, "reading " + s.config.Paths.Output
	}
	if len(s.sink.All()) == 0 {
		return false, fmt.Sprintf("no signal %s yet", from)
	}
	return false, fmt.Sprintf("no whole segment %s yet", from)
}

// Run publishes what comes until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	defer s.client.CloseIdleConnections()
	var group sync.WaitGroup
	group.Go(func() {
		<-ctx.Done()
		close(s.stopping)
	})
	group.Go(func() { s.sink.Run(ctx) })
	group.Go(func() { s.followPeers(ctx) })
	group.Go(func() { s.tellPatience(ctx) })
	s.source.Run(ctx)
	group.Wait()
	return nil
}

// waitingEvery is how often a supervisor is told that there is no signal yet.
const waitingEvery = 5 * time.Second

// tellPatience tells a supervisor that waits for us that there is nothing to publish
// yet: a worker may take minutes to make its first segment.
func (s *Service) tellPatience(ctx context.Context) {
	tick := time.NewTicker(waitingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if ready, why := s.Ready(); !ready && s.source.Complete() {
			event.Emit(s.log, why, event.Progress{Stage: "waiting for a signal", Percent: -1})
		}
	}
}

// ControlRoutes adds the switch of faults to the routes of the service's socket.
func (s *Service) ControlRoutes(r *mux.Router) {
	f := fault.NewSwitch(fault.Options{Snapshots: s.sink.Snapshots, Stopping: s.stopping, Held: &s.held, Log: s.log})
	f.Routes(r)
	s.faults.Store(f)
}

// longestHold is how long a blocking reload is held at most: three target
// durations (rfc8216bis, 6.2.5.2).
func (s *Service) longestHold(signal string) time.Duration {
	if snap, _ := s.sink.Find(signal); snap != nil {
		return 3 * snap.Target()
	}
	return maxPeerPause
}
