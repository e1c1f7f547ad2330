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
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/source/folder"
	"livestream-tui/services/packager/source/upload"
)

// source brings signals to the sink.
type source interface {
	// Run works until ctx is cancelled.
	Run(ctx context.Context)
	// Routes adds the routes of the source. Called once, before Run.
	Routes(r *mux.Router)
	// Complete reports whether the sink knows all signals there are. Before that a request
	// for an unknown signal is answered with 503. Safe for concurrent use.
	Complete() bool
}

// sources makes the source that INGEST names. A new input is a package below source and a
// line here.
var sources = map[Ingest]func(*Service) source{
	FromFolder: func(s *Service) source {
		return folder.New(s.sink, folder.Options{
			Output: s.config.Paths.Output, Window: s.config.Window, Scanned: s.alive, Now: s.clock, Log: s.log,
		})
	},
	FromHTTP: func(s *Service) source {
		return upload.New(s.sink, upload.Options{Token: s.config.Token, Alive: s.alive, Brought: s.machines.brought(), Log: s.log, Metrics: s.metrics})
	},
}

// Service is a packager.
type Service struct {
	config   Config
	log      hclog.Logger
	now      func() time.Time
	instance string // tells this incarnation from all others
	client   *http.Client
	sink     *sink.Sink
	source   source
	machines *machines // nil without a cluster
	// faults is the switch of faults; nil before ControlRoutes.
	faults atomic.Pointer[fault.Switch]
	// stopping is closed when Run ends; held requests end then.
	stopping chan struct{}
	held     atomic.Int64 // requests that wait
	thaw     thaw
	metrics  prometheus.Registerer
	requests *prometheus.CounterVec

	mu    sync.Mutex
	peers map[string]*peers // by signal; guarded by mu
}

var (
	_ service.Service       = (*Service)(nil)
	_ service.ControlRouter = (*Service)(nil)
)

// New returns a packager without signals.
func New(c Config, k service.Kit) (*Service, error) {
	s := &Service{
		config: c, log: k.Log, metrics: k.Metrics, now: time.Now, instance: rand.Text(), client: newPeerClient(),
		thaw: thaw{wait: thawWait}, stopping: make(chan struct{}), peers: map[string]*peers{},
		requests: promauto.With(k.Metrics).NewCounterVec(prometheus.CounterOpts{Name: "packager_requests_total", Help: "Answers by class of status: 2xx, 3xx, 4xx, 5xx, or broken."}, []string{"class"}),
	}
	options := sink.Options{Window: c.Window, Sole: c.Ingest == FromFolder, Now: s.clock, Log: k.Log, Metrics: k.Metrics}
	s.machines = newMachines(s, k, &options)
	s.sink = sink.New(options)
	s.machines.begin(s)
	s.source = sources[c.Ingest](s)
	return s, nil
}

func (s *Service) clock() time.Time { return s.now() }

// alive notes that the source works.
func (s *Service) alive() { s.thaw.looked(s.clock()) }

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

// Run publishes signals until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	defer s.client.CloseIdleConnections()
	var group sync.WaitGroup
	group.Go(func() {
		<-ctx.Done()
		close(s.stopping)
	})
	group.Go(func() { s.sink.Run(ctx) })
	group.Go(func() { s.followPeers(ctx) })
	group.Go(func() { s.reportWaiting(ctx) })
	if s.machines != nil {
		group.Go(func() { s.machines.run(ctx) })
	}
	s.source.Run(ctx)
	group.Wait()
	return nil
}

// waitingEvery is how often it is logged that there is no signal yet.
const waitingEvery = 5 * time.Second

// reportWaiting emits progress while there is nothing to publish, so that the supervisor
// keeps waiting: a worker may take minutes to make its first segment.
func (s *Service) reportWaiting(ctx context.Context) {
	tick := time.NewTicker(waitingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if ready, why := s.Ready(); !ready && (s.config.Ingest == FromHTTP || s.source.Complete()) {
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

// longestHold is the longest that a blocking reload is held: three target durations
// (rfc8216bis, 6.2.5.2).
func (s *Service) longestHold(signal string) time.Duration {
	if snap, _ := s.sink.Find(signal); snap != nil {
		return 3 * snap.Target()
	}
	return maxPeerPause
}
