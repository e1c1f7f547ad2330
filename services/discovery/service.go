package discovery

import (
	"context"
	"errors"
	"sync"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"golang.org/x/sync/errgroup"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
)

// Service is discovery.
type Service struct {
	config  Config
	log     hclog.Logger
	client  *client
	polls   *prometheus.CounterVec
	reports *prometheus.CounterVec
	// observed wakes the goroutine that reports.
	observed chan struct{}
	// news wakes the goroutine that follows signals.
	news       chan struct{}
	unreadable event.Recurring // the folder of signals; used by the goroutine that follows signals
	absence    event.Recurring // of the reporter; used by the goroutine that reports

	mu      sync.Mutex
	board   *board // guarded by mu
	heard   *heard // guarded by mu
	ready   bool   // the reporter has taken a report; guarded by mu
	trouble string // why the last report was not taken, empty when it was; guarded by mu
}

var _ service.Service = (*Service)(nil)

// New returns a discovery that does not run yet.
func New(c Config, k service.Kit) (*Service, error) {
	metrics := promauto.With(k.Metrics)
	board := newBoard(c.Topology.Packagers)
	board.policy.Clock = c.Bus.Enabled()
	return &Service{
		config: c, log: k.Log, client: newClient(), board: board,
		observed: make(chan struct{}, 1), news: make(chan struct{}, 1), heard: newHeard(),
		polls: metrics.NewCounterVec(prometheus.CounterOpts{
			Name: "discovery_polls_total", Help: "Playlist requests by packager and result: good or bad."}, []string{"packager", "result"}),
		reports: metrics.NewCounterVec(prometheus.CounterOpts{
			Name: "discovery_reports_total", Help: "Reports by result: taken or failed."}, []string{"result"}),
	}, nil
}

// Address is empty: discovery has no port.
func (s *Service) Address() string { return "" }

// Routes adds nothing.
func (s *Service) Routes(*mux.Router) {}

// Ready reports whether a reporter has ever taken a report.
func (s *Service) Ready() (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ready:
		return true, ""
	case s.trouble != "":
		return false, "the reporter accepts no report: " + s.trouble
	}
	return false, "nothing reported yet"
}

// Run follows signals and packagers until ctx is cancelled. It gives up with an
// error when no reporter takes a first report for as long as Patience.
func (s *Service) Run(ctx context.Context) error {
	defer s.client.close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.followSignals(ctx) })
	g.Go(func() error { return s.keepReporting(ctx) })
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
