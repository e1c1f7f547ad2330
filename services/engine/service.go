package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/service"
)

const (
	// lookPeriod is how often the engine looks at itself.
	lookPeriod = 250 * time.Millisecond
	// portPeriod is how often a port that another program has is tried again.
	portPeriod = 200 * time.Millisecond
	// warnPeriod is how often a warning of the server is logged at most.
	warnPeriod = 30 * time.Second
)

// Service is the engine.
type Service struct {
	config Config
	log    hclog.Logger

	mu     sync.Mutex
	status Status // guarded by mu
}

var (
	_ service.Service       = (*Service)(nil)
	_ service.ControlRouter = (*Service)(nil)
)

// New returns an engine that does not run yet.
func New(c Config, k service.Kit) (*Service, error) {
	s := &Service{config: c, log: k.Log, status: Status{Reason: "it starts"}}
	if c.standby() {
		s.status = Status{State: cluster.EngineStandby, Reason: "other machines run the engine"}
	}
	return s, k.Metrics.Register(newCollector(s))
}

// Address is empty: the engine's ports do not answer HTTP.
func (s *Service) Address() string { return "" }

// Routes adds nothing.
func (s *Service) Routes(*mux.Router) {}

// ControlRoutes adds what the engine says of itself.
func (s *Service) ControlRoutes(r *mux.Router) {
	r.HandleFunc("/engine", func(w http.ResponseWriter, _ *http.Request) {
		service.WriteJSON(w, http.StatusOK, s.Status())
	}).Methods(service.Reads()...)
}

// Status returns what the engine does. Safe for concurrent use.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Ready reports whether the engine answers and has a quorum, or is on standby.
func (s *Service) Ready() (bool, string) { return s.Status().ready() }

// Run runs the engine until ctx is cancelled. The error is a port or a folder that it cannot
// have.
func (s *Service) Run(ctx context.Context) error {
	if s.config.standby() {
		s.log.Info("the engine is on standby: other machines run it", "peers", s.config.Peers.String())
		<-ctx.Done()
		return nil
	}
	options, err := s.config.options()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(options.StoreDir, 0o700); err != nil {
		return err
	}
	lock, err := s.lock(ctx)
	if err != nil || lock == nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // it was only locked
	if err := s.removeOthers(options.StoreDir); err != nil {
		return err
	}
	if !s.awaitPorts(ctx) {
		return nil
	}
	return s.serve(ctx, options)
}

// removeOthers removes the folders of the Store that it had with other peers: what they say
// is old.
func (s *Service) removeOthers(own string) error {
	list, err := os.ReadDir(s.config.folder())
	if err != nil {
		return err
	}
	for _, e := range list {
		if !e.IsDir() || e.Name() == filepath.Base(own) {
			continue
		}
		s.log.Info("the store of other peers is removed", "peers", e.Name())
		if err := os.RemoveAll(filepath.Join(s.config.folder(), e.Name())); err != nil {
			s.log.Warn("the store of other peers cannot be removed", "reason", err.Error())
		}
	}
	return nil
}

// addresses are where the server will listen.
func (s *Service) addresses() []string {
	list := []string{net.JoinHostPort(s.config.ControlBindAddress, portOf(s.config.Port))}
	if len(s.config.others()) > 0 {
		list = append(list, net.JoinHostPort(s.config.ControlBindAddress, portOf(s.config.RoutePort)))
	}
	return list
}

// awaitPorts returns true once its ports are free, and false when ctx is cancelled before.
func (s *Service) awaitPorts(ctx context.Context) bool {
	told := false
	for {
		err := free(s.addresses())
		if err == nil {
			return true
		}
		s.set(Status{Reason: err.Error()})
		if !told {
			s.log.Warn("the engine waits for its port", "reason", err.Error())
			told = true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(portPeriod):
		}
	}
}

// free returns nil where all addresses can be listened on.
func free(addresses []string) error {
	for _, address := range addresses {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w; free the port or set another", address, err)
		}
		_ = l.Close() // nothing was accepted
	}
	return nil
}

// serve runs the server until ctx is cancelled or the server cannot go on.
func (s *Service) serve(ctx context.Context, o *server.Options) error {
	began := time.Now()
	ns, err := server.NewServer(o)
	if err != nil {
		return err
	}
	log := newLogger(s.log)
	ns.SetLoggerV2(log, s.log.IsDebug(), false, false)
	ns.Start()
	defer func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	}()
	s.log.Info("listening for machines", "address", s.addresses()[0], "ms", time.Since(began).Milliseconds())
	tick := time.NewTicker(lookPeriod)
	defer tick.Stop()
	for {
		s.set(look(&s.config, ns))
		select {
		case <-ctx.Done():
			return nil
		case err := <-log.fatal:
			return fmt.Errorf("the engine has ended: %w", err)
		case <-tick.C:
			if !ns.Running() {
				return errors.New("the engine has ended")
			}
		}
	}
}

// set replaces the status, and logs a change of the state.
func (s *Service) set(st Status) {
	s.mu.Lock()
	old := s.status
	s.status = st
	s.mu.Unlock()
	switch {
	case st.State == old.State:
	case st.State == cluster.EngineAlone:
		s.log.Warn("the engine has no quorum: nothing can be agreed on", "reason", st.Reason)
	case st.State != "":
		s.log.Info("the engine is "+string(st.State), "leader", st.Leader)
	}
}

// collector makes metrics of the status.
type collector struct {
	service *Service
	state   *prometheus.Desc
	clients *prometheus.Desc
}

func newCollector(s *Service) *collector {
	return &collector{
		service: s,
		state:   prometheus.NewDesc("engine_state", "What the engine does: 1 for the state that it has, 0 for the others.", []string{"state"}, nil),
		clients: prometheus.NewDesc("engine_clients", "Connections that services have to the engine.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.state
	ch <- c.clients
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	st := c.service.Status()
	for _, state := range []cluster.EngineState{cluster.EngineStandby, cluster.EngineLeader, cluster.EngineFollower, cluster.EngineAlone} {
		value := 0.0
		if state == st.State {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(c.state, prometheus.GaugeValue, value, string(state))
	}
	ch <- prometheus.MustNewConstMetric(c.clients, prometheus.GaugeValue, float64(st.Clients))
}
