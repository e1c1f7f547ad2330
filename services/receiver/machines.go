package receiver

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	contract "livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/receiver/lead"
)

const (
	// askLimit is how long another receiver may take to answer, claimsMost how many bytes it may
	// say.
	askLimit   = 500 * time.Millisecond
	claimsMost = 4 << 20
)

// machines is how a receiver and those of other machines tell each other of their signals:
// over the Bus, and by asking each other whatever the Bus has not brought. Its methods do
// nothing where it is nil, which is without a cluster.
type machines struct {
	config Config
	log    hclog.Logger
	http   *http.Client
	// take takes what another receiver says.
	take func(lead.Claim)
	// connect returns the Bus, and what closes it.
	connect func() (cluster.Bus, func(), error)

	mu    sync.Mutex
	bus   cluster.Bus          // nil while there is none; guarded by mu
	heard map[string]time.Time // when each machine was heard over the Bus; guarded by mu
}

// newMachines returns how the receivers of a cluster tell each other, nil without one.
func newMachines(c Config, log hclog.Logger, take func(lead.Claim)) *machines {
	if c.Bus.Machine == "" || !c.Bus.Enabled() && len(c.Receivers) < 2 {
		return nil
	}
	m := &machines{config: c, log: log, http: httpx.New(httpx.Options{}), take: take, heard: map[string]time.Time{}}
	m.connect = func() (cluster.Bus, func(), error) {
		conn, err := bus.Dial(c.Bus, "receiver", log)
		if err != nil {
			return nil, nil, err
		}
		return conn, func() { _ = conn.Close() }, nil // nothing is lost by it
	}
	return m
}

// name is this machine's; empty without a cluster.
func (m *machines) name() string {
	if m == nil {
		return ""
	}
	return m.config.Bus.Machine
}

// tell says how a signal is here. A claim that cannot be sent is lost: others ask for it.
func (m *machines) tell(c lead.Claim) {
	if m == nil {
		return
	}
	m.mu.Lock()
	b := m.bus
	m.mu.Unlock()
	if b == nil {
		return
	}
	if data, err := json.Marshal(c); err == nil {
		_ = b.Publish(cluster.SubjectLive+c.Machine, data) // as documented
	}
}

// run listens to the other receivers until ctx is cancelled. The error is a setting that
// cannot be used.
func (m *machines) run(ctx context.Context) error {
	if m == nil {
		return nil
	}
	defer m.http.CloseIdleConnections()
	if m.config.Bus.Enabled() {
		conn, closeBus, err := m.connect()
		if err != nil {
			return err
		}
		defer closeBus()
		if err := m.use(ctx, conn); err != nil {
			return err
		}
	}
	var asking sync.WaitGroup
	for _, url := range m.config.Receivers {
		asking.Go(func() { m.ask(ctx, url) })
	}
	asking.Wait()
	<-ctx.Done()
	return nil
}

// use tells and listens over a Bus.
func (m *machines) use(ctx context.Context, b cluster.Bus) error {
	m.mu.Lock()
	m.bus = b
	m.mu.Unlock()
	return b.Subscribe(ctx, cluster.SubjectLive+"*", func(msg cluster.Msg) {
		var c lead.Claim
		if json.Unmarshal(msg.Data, &c) != nil || c.Machine == m.name() {
			return
		}
		m.mu.Lock()
		m.heard[c.Machine] = time.Now()
		m.mu.Unlock()
		m.take(c)
	})
}

// ask asks a receiver for what it says while the Bus does not bring it: nothing of what
// players see may wait for an engine.
func (m *machines) ask(ctx context.Context, url string) {
	for machine := ""; ; {
		if !m.hears(machine) {
			limit, cancel := context.WithTimeout(ctx, askLimit)
			a, err := httpx.Get(limit, m.http, url+contract.ClaimsPath, claimsMost)
			cancel()
			var said struct {
				Claims []lead.Claim `json:"claims"`
			}
			if err == nil && json.Unmarshal(a.Body, &said) == nil {
				for _, c := range said.Claims {
					if machine = c.Machine; machine == m.name() {
						return // it is this one
					}
					m.take(c)
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lead.Every):
		}
	}
}

// hears reports whether the Bus brings what a machine says.
func (m *machines) hears(machine string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, is := m.heard[machine]
	return is && time.Since(at) < 2*lead.Every
}

// heardOf takes a claim to its signal, which may be too busy for it.
func (s *Service) heardOf(c lead.Claim) {
	if g := s.find(c.Signal); g != nil {
		select {
		case g.heard <- c:
		default:
		}
	}
}

// claims answers with what this receiver says of its signals.
func (s *Service) claims(w http.ResponseWriter, _ *http.Request) {
	list := []lead.Claim{}
	for _, g := range s.signals {
		if c := g.claim.Load(); c != nil {
			list = append(list, *c)
		}
	}
	service.WriteJSON(w, http.StatusOK, map[string]any{"claims": list})
}
