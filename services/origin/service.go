package origin

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
)

// askEvery is how often the reporter is asked, and the longest time that a change takes to
// arrive here.
const askEvery = 250 * time.Millisecond

// Service is the origin.
type Service struct {
	config    Config
	log       hclog.Logger
	now       func() time.Time
	failovers *prometheus.CounterVec
	// stopping is closed when Run ends, to end the held requests.
	stopping chan struct{}
	waiting  atomic.Int64 // long polls

	silence event.Recurring // of the reporter; used by Run
	// machines is nil without a cluster.
	machines *machines

	mu      sync.Mutex
	memory  *memory // guarded by mu
	trouble string  // why the reporter does not answer, empty while it does; guarded by mu
}

var _ service.Service = (*Service)(nil)

// New returns an origin that knows no signal yet.
func New(c Config, k service.Kit) (*Service, error) {
	s := &Service{
		config: c, log: k.Log, now: time.Now, stopping: make(chan struct{}),
		memory: newMemory(c.Packagers, policy{FailbackAfter: c.FailbackAfter, Settle: settle}, c.TTL),
	}
	if c.Bus.Enabled() {
		s.machines = newMachines(s, k)
		s.memory.pins = map[string]*pinned{}
	}
	metrics := promauto.With(k.Metrics)
	s.failovers = metrics.NewCounterVec(prometheus.CounterOpts{Name: "origin_failovers_total", Help: "Changes of the active packager."}, []string{"signal"})
	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "origin_signals", Help: "Signals known."}, func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(len(s.memory.signals))
	})
	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "origin_held_requests", Help: "Long polls that wait for a change."}, func() float64 {
		return float64(s.waiting.Load())
	})
	return s, nil
}

// Address is ORIGIN_PORT on CONTROL_BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Ready reports whether a reporter has ever answered: the last answer stays good enough.
func (s *Service) Ready() (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.memory.heard:
		return true, ""
	case s.trouble != "":
		return false, "the reporter does not answer: " + s.trouble
	}
	return false, "the reporter has not been asked yet"
}

// Run learns from the reporter until ctx is cancelled. It may be called once.
func (s *Service) Run(ctx context.Context) error {
	defer close(s.stopping)
	if s.machines != nil {
		var beside sync.WaitGroup
		defer beside.Wait()
		beside.Go(func() { s.machines.run(ctx) })
	}
	from := newClient(s.config.ReporterURL)
	defer from.close()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		t, err := from.ask(ctx)
		if ctx.Err() != nil {
			return nil
		}
		s.noteAnswer(err)
		if err == nil {
			s.learn(t)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Service) learn(t answer) {
	s.mu.Lock()
	moves, ended := s.memory.learn(t, s.now())
	over := s.memory.letGo(s.now())
	s.mu.Unlock()
	s.machines.tell(over)
	s.noteMoves(moves)
	for _, name := range ended {
		s.log.Warn("signal has ended, discovery no longer reports it", "signal", name)
	}
}

// noteAnswer logs that the reporter does not answer, from time to time while it does not,
// and when it answers again.
func (s *Service) noteAnswer(err error) {
	trouble := ""
	if err != nil {
		trouble = text.Shown(err.Error())
	}
	s.mu.Lock()
	heard := s.memory.heard
	s.trouble = trouble
	s.mu.Unlock()
	if trouble == "" {
		for i, t := range s.silence.EndExcept() {
			if i == 0 { // it may have failed in several ways
				s.log.Info("the reporter answers again", "after_ms", t.Last.Sub(t.Since).Milliseconds())
			}
		}
		return
	}
	t, tell := s.silence.Seen(trouble, s.now())
	switch {
	case !tell:
	case heard:
		s.log.Warn("the reporter does not answer, its last answer stays in use", "reason", trouble, "for_ms", t.Last.Sub(t.Since).Milliseconds())
	default:
		s.log.Warn("the reporter does not answer, still trying", "reason", trouble, "for_ms", t.Last.Sub(t.Since).Milliseconds())
	}
}

// noteMoves logs where players are to go. These lines are no events: those are the
// proxy's, which moves the players.
func (s *Service) noteMoves(moves []moved) {
	for _, m := range moves {
		message, level := "failover", hclog.Info
		switch {
		case m.To == "":
			message, level = "no packager is usable", hclog.Warn
		case m.From == "":
			message = "packager chosen"
		}
		if m.From != "" {
			s.failovers.WithLabelValues(m.Signal).Inc()
		}
		s.log.Log(level, message, "signal", m.Signal, "from", m.From, "to", m.To, "cause", text.Shown(m.Cause))
	}
}
