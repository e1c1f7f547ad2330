package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/input/films"
	"livestream-tui/services/worker/machine"
	"livestream-tui/services/worker/output"
)

const (
	// rescanEvery is how often the inputs are looked at.
	rescanEvery = 2 * time.Second
	// endedFor is how long an ended signal's media stays, beyond a playlist's length: a
	// player that has just read the playlist may ask for all of it.
	endedFor = 25 * time.Second
	// lockPatience is how long another process may have the locks of all signals before
	// that is an error: a worker that ends gives them back.
	lockPatience = 5 * time.Second
)

// Service is the worker.
type Service struct {
	config     Config
	log        hclog.Logger
	table      []kind         // its inputs
	transcoder films.Maker    // set by Run where it is nil
	spawner    *child.Spawner // set by Run
	machine    *machine.Machine
	airings    *airings
	clock      clock
	rescan     time.Duration // how often the inputs are looked at

	mu     sync.Mutex
	doing  string        // what keeps the service from its first look at the inputs, empty when nothing does; guarded by mu
	looked bool          // the first look is over; guarded by mu
	ready  bool          // it has been ready; guarded by mu
	inputs []input.Input // those of the table, once they are open; guarded by mu
}

var (
	_ service.Service       = (*Service)(nil)
	_ service.ControlRouter = (*Service)(nil)
)

// New returns a worker that is not running.
func New(c Config, k service.Kit) (*Service, error) {
	if c.Paths.Output != service.NoOutput {
		if err := tryOutput(c.Paths.Output); err != nil {
			return nil, fmt.Errorf("OUTPUT_STREAM_PATH=%q: %w", c.Paths.Output, err)
		}
	}
	clock := newClock()
	return &Service{
		config: c, log: k.Log, table: table(), machine: machine.New(c.FFmpeg, k.Log), clock: clock,
		airings: newAirings(c, k.Log, newMetrics(k.Metrics), clock), rescan: rescanEvery,
	}, nil
}

func tryOutput(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("cannot make it: %w", err)
	}
	probe, err := os.CreateTemp(path, ".writable-*")
	if err != nil {
		return fmt.Errorf("cannot write there: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Address is empty: a worker has no port.
func (s *Service) Address() string { return "" }

// Routes adds no route.
func (s *Service) Routes(*mux.Router) {}

// Run puts what the inputs find on air until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	s.spawner = child.NewSpawner()
	defer s.spawner.Close()
	s.airings.spawner, s.airings.machine = s.spawner, s.machine
	defer s.airings.close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.airings.busy.Go(func() { s.machine.Watch(ctx) })
	inputs, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, inputs); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	tick := time.NewTicker(s.rescan)
	defer tick.Stop()
	for began := time.Now(); ; {
		for _, in := range inputs {
			in.Look(ctx)
		}
		s.airings.removeEnded()
		s.airings.removeLeftovers(began)
		s.noteLook()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// open opens the inputs of the table.
func (s *Service) open(ctx context.Context) ([]input.Input, error) {
	var inputs []input.Input
	for i, k := range s.table {
		in, err := k.open(ctx, s, s.host(i))
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs = inputs
	return inputs, nil
}

// host is that of an input of the table.
func (s *Service) host(i int) host { return host{s.airings, s.table[i].name} }

func (s *Service) setDoing(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doing = what
}

func (s *Service) noteLook() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = true
}

// prepare has the inputs prepare, makes sure that the worker may write to its output, and
// has something made to show where no input has anything.
func (s *Service) prepare(ctx context.Context, inputs []input.Input) error {
	var all []string
	for i, in := range inputs {
		signals, err := in.Prepare(ctx)
		if err != nil {
			return err
		}
		s.host(i).Claim(signals)
		all = append(all, signals...)
	}
	if len(all) > 0 {
		return s.awaitOutput(ctx, all)
	}
	for i, in := range inputs {
		f, ok := in.(input.Fallback)
		if !ok {
			continue
		}
		signal, create := f.Fallback()
		s.host(i).Claim([]string{signal})
		if err := s.awaitOutput(ctx, []string{signal}); err != nil {
			return err
		}
		return create(ctx)
	}
	return nil
}

// awaitOutput returns a *service.ConfigError where another process keeps writing the
// folders of all signals.
func (s *Service) awaitOutput(ctx context.Context, signals []string) error {
	if s.config.Paths.Output == service.NoOutput {
		return nil
	}
	defer s.setDoing("")
	for deadline := time.Now().Add(lockPatience); ; {
		var locked *output.LockedError
		for _, name := range signals {
			if !errors.As(output.CheckLock(s.config.outputOf(name)), &locked) {
				return nil
			}
		}
		if locked == nil {
			return nil
		}
		s.setDoing(fmt.Sprintf("waiting for %s, which writes to %s", locked.Writer(), s.config.Paths.Output))
		if time.Now().After(deadline) {
			var p service.Problems
			p.Add("OUTPUT_STREAM_PATH", s.config.Paths.Output, fmt.Sprintf("%s writes the same signals there; stop it, or, to run beside it, set "+
				"OUTPUT_STREAM_PATH, RUN_PATH and STATE_PATH to folders that it does not use, and SERVER_ONE_PORT, SERVER_TWO_PORT, REPORTER_PORT, "+
				"ORIGIN_PORT and PROXY_PORT (or the URLs of a layout of your own) to free ports", locked.Writer()))
			return p.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// lockPoll is how often a lock that another process has is looked at.
const lockPoll = 100 * time.Millisecond
