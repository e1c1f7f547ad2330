package reporter

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
)

// sweep is how often the table is searched for signals to forget, so that the log says so
// even without requests.
const sweep = time.Second

// Service is the reporter.
type Service struct {
	config  Config
	log     hclog.Logger
	now     func() time.Time
	zone    *time.Location // of the times in GET /ingests
	reports *prometheus.CounterVec

	quiet    *service.Quiet
	machines *machines // nil without a cluster

	mu       sync.Mutex
	table    *table          // guarded by mu
	refusals event.Recurring // guarded by mu
}

var _ service.Service = (*Service)(nil)

// New returns a reporter with an empty table.
func New(c Config, k service.Kit) (*Service, error) {
	s := &Service{config: c, log: k.Log, now: time.Now, zone: time.Local, quiet: service.NewQuiet(k.Log, service.QuietPeriod), table: newTable(c.Packagers, c.TTL)}
	metrics := promauto.With(k.Metrics)
	s.reports = metrics.NewCounterVec(prometheus.CounterOpts{Name: "reporter_reports_total", Help: "Reports by result: taken, refused, or heard from another machine."}, []string{"result"})
	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "reporter_signals", Help: "Signals in the table."}, func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(len(s.table.rows))
	})
	if c.Bus.Enabled() {
		s.machines = newMachines(s, k)
	}
	return s, nil
}

// Address is REPORTER_PORT on CONTROL_BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Ready is true from the start: an empty table is an answer.
func (s *Service) Ready() (bool, string) { return true, "" }

// Run forgets what is no longer reported, until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	if s.machines != nil {
		var beside sync.WaitGroup
		defer beside.Wait()
		beside.Go(func() { s.machines.run(ctx) })
	}
	tick := time.NewTicker(sweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.tick()
		}
	}
}

// tick forgets what is due and logs which refusals have ended.
func (s *Service) tick() {
	s.mu.Lock()
	s.forget()
	over := s.refusals.Ended(s.now())
	s.mu.Unlock()
	for _, t := range over {
		s.log.Info("no more reports are refused for this reason", "reason", t.Text, "times", t.Times)
	}
}

// forget forgets the signals that are due. Needs mu.
func (s *Service) forget() {
	for _, signal := range s.table.forget(s.now()) {
		s.log.Warn("signal forgotten, it is not reported any more", "signal", signal, "after_ms", s.config.TTL.Milliseconds())
	}
}
