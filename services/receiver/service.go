package receiver

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/receiver/input/rtmp"
	"livestream-tui/services/receiver/keys"
	"livestream-tui/services/receiver/program"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/slate"
	"livestream-tui/services/receiver/state"
)

// Service is the receiver.
type Service struct {
	config    Config
	log       hclog.Logger
	metrics   *metrics
	now       func() time.Duration // since the Unix epoch; it never runs back
	slate     maker
	store     state.Store
	rtmp      *rtmp.Server
	listeners []listener
	programs  programs // the spawner is set by Run
	machines  *machines
	signals   []*signal
	// stopping is closed when Run ends, to end the held requests.
	stopping chan struct{}
	held     atomic.Int64 // requests that wait

	mu      sync.Mutex
	trouble []string // of each listener, empty while it listens; guarded by mu
}

var _ service.Service = (*Service)(nil)

// stateFolder is the folder of timelines in STATE_PATH.
const stateFolder = "receiver"

// New returns a receiver of the configured signals. It makes the keys that they lack. An error
// says what of its settings or its folders cannot be used.
func New(c Config, k service.Kit) (*Service, error) {
	s := &Service{config: c, log: k.Log, metrics: newMetrics(k.Metrics), now: clock(), stopping: make(chan struct{})}
	made, err := keys.Open(c.State, c.Signals)
	if err != nil {
		return nil, fmt.Errorf("the keys of live inputs: %w", err)
	}
	if s.store, err = state.Open(filepath.Join(c.State, stateFolder)); err != nil {
		return nil, fmt.Errorf("the timelines of live signals: %w", err)
	}
	if s.listeners, err = listenersOf(c); err != nil {
		return nil, err
	}
	for _, l := range s.listeners {
		s.trouble = append(s.trouble, "not listening at "+l.address+" yet")
	}
	if len(c.Signals) > 0 {
		if err := s.programs.find(c); err != nil {
			return nil, err
		}
	}
	s.rtmp = rtmp.New(rtmp.Options{Refused: s.refused})
	s.slate = s.makeSlate
	s.machines = newMachines(c, k.Log, s.heardOf)
	for _, one := range c.Signals {
		s.signals = append(s.signals, newSignal(s, one, s.sourcesOf(one, made)))
	}
	return s, nil
}

// clock returns the time since the Unix epoch, of the machine's clock at first. It goes on
// evenly from there, whatever becomes of that.
func clock() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Duration(began.UnixNano()) + time.Since(began) }
}

// Address is RECEIVER_PORT on CONTROL_BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Ready reports whether encoders can connect. While another incarnation has a signal they
// connect there: it has the ports, too, and ends once this one is ready.
func (s *Service) Ready() (bool, string) {
	if slices.ContainsFunc(s.signals, func(g *signal) bool { return g.queued.Load() }) {
		return true, ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.trouble {
		if t != "" {
			return false, t
		}
	}
	return true, ""
}

func (s *Service) setTrouble(listener int, t string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble[listener] = t
}

// Run takes the signals in until ctx is cancelled. It may be called once.
func (s *Service) Run(ctx context.Context) error {
	defer close(s.stopping)
	s.programs.spawner = child.NewSpawner()
	defer s.programs.spawner.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, len(s.signals)+1)
	var running sync.WaitGroup
	for _, g := range s.signals {
		running.Go(func() {
			if err := g.run(ctx, s.config.LossAfter, s.config.ReturnAfter); err != nil {
				failed <- fmt.Errorf("signal %s: %w", g.name, err)
				cancel()
			}
		})
	}
	running.Go(func() { s.listen(ctx) })
	telling, silence := context.WithCancel(context.WithoutCancel(ctx))
	defer silence()
	var others sync.WaitGroup
	others.Go(func() {
		if err := s.machines.run(telling); err != nil {
			failed <- err
			cancel()
		}
	})
	<-ctx.Done()
	running.Wait()
	silence() // now that the signals have said their last
	others.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// slateFolder is the folder of slates in CACHE_PATH.
const slateFolder = "slates"

// makeSlate makes a slate with FFmpeg, or takes it from the cache.
func (s *Service) makeSlate(ctx context.Context, spec string, e program.MakeSlate) (*sample.Slate, error) {
	m := slate.Maker{FFmpeg: s.programs.ffmpeg, Folder: filepath.Join(s.config.Cache, slateFolder), Spawner: s.programs.spawner}
	return m.Make(ctx, slate.Order{Spec: spec, Format: e.Format, Key: e.Key})
}

// find is the signal of that name, nil when there is none.
func (s *Service) find(name string) *signal {
	i := slices.IndexFunc(s.signals, func(g *signal) bool { return g.name == name })
	if i < 0 {
		return nil
	}
	return s.signals[i]
}
