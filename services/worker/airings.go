package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/machine"
	"livestream-tui/services/worker/output"
)

// airings are the signals of all inputs, by name: which input has the name, what is on air,
// and the outputs that are open. Safe for concurrent use.
type airings struct {
	config    Config
	log       hclog.Logger
	metrics   *metrics
	clock     clock
	spawner   *child.Spawner   // set by Run
	machine   *machine.Machine // set by Run
	keepEnded time.Duration    // how long an ended signal's media stays

	busy sync.WaitGroup // the goroutines of the inputs, and calls of Air

	mu     sync.Mutex
	closed bool // nothing comes on air any more; guarded by mu
	// All below are by signal and guarded by mu.
	owners map[string]string // the input that has claimed the name
	onAir  map[string]airing // nil while the output is being opened
	// outputs are those of signals that are or were on air, ending those of signals that
	// have ended.
	outputs map[string]*output.Output
	ending  map[string]ending
}

func newAirings(c Config, log hclog.Logger, m *metrics, clock clock) *airings {
	return &airings{
		config: c, log: log, metrics: m, clock: clock,
		keepEnded: endedFor + time.Duration(c.Window)*media.DefaultSegment,
		owners:    map[string]string{}, onAir: map[string]airing{}, outputs: map[string]*output.Output{}, ending: map[string]ending{},
	}
}

// host implements input.Host for one input.
type host struct {
	*airings
	input string // its name
}

var _ input.Host = host{}

// Claim implements input.Host. A name that is on air stays claimed.
func (s host) Claim(signals []string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.owners, func(signal, owner string) bool {
		_, onAir := s.onAir[signal]
		return owner == s.input && !onAir
	})
	taken := map[string]string{}
	for _, signal := range signals {
		if owner, has := s.owners[signal]; has && owner != s.input {
			taken[signal] = owner
			continue
		}
		s.owners[signal] = s.input
	}
	return taken
}

// Go implements input.Host.
func (s host) Go(run func()) { s.busy.Go(run) }

// Air implements input.Host.
func (s host) Air(ctx context.Context, a input.Airing) error {
	if err := s.enter(a.Signal); err != nil {
		return err
	}
	defer s.leave(a.Signal)
	out, grid, err := s.openOutput(a)
	if err != nil {
		return err
	}
	running := s.running(a, out, grid)
	s.mu.Lock()
	s.onAir[a.Signal] = running
	s.mu.Unlock()
	if a.Started != nil {
		a.Started()
	}
	return running.run(ctx)
}

// airing is a signal on air.
type airing interface {
	// run publishes segments until ctx is cancelled. The error says why it had to stop.
	run(ctx context.Context) error
	// condition returns whether the playlist is full, and what is wrong where no segment has
	// come for too long, else an empty problem. It may be called from any goroutine.
	condition() (full bool, problem string)
}

var (
	_ airing = (*encoder)(nil)
	_ airing = (*copier)(nil)
)

// running is what airs a source or a feed.
func (s host) running(a input.Airing, out *output.Output, grid media.Grid) airing {
	if a.Feed != nil {
		return &copier{
			signal: a.Signal, feed: a.Feed, segment: grid.Length(), clock: s.clock,
			log: s.log, metrics: s.metrics, output: out, published: a.Published, last: time.Now(),
		}
	}
	return &encoder{
		signal: a.Signal, source: a.Source, encoded: a.Encoded, grid: grid, ffmpeg: s.config.FFmpeg, window: s.config.Window, clock: s.clock,
		spawner: s.spawner, machine: s.machine, log: s.log, metrics: s.metrics, output: out, published: a.Published, last: time.Now(),
	}
}

var errClosed = errors.New("the worker is stopping")

// enter notes that a signal is coming on air. An output has one writer.
func (s host) enter(signal string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	if !report.IsSignal(signal) {
		return fmt.Errorf("%q cannot be the name of a signal", signal)
	}
	if owner := s.owners[signal]; owner != s.input {
		return fmt.Errorf("the input %s has not claimed the signal %s", s.input, signal)
	}
	if _, onAir := s.onAir[signal]; onAir {
		return fmt.Errorf("the signal %s is on air already", signal)
	}
	s.onAir[signal] = nil
	s.busy.Add(1)
	return nil
}

func (s host) leave(signal string) {
	s.mu.Lock()
	delete(s.onAir, signal)
	s.mu.Unlock()
	s.busy.Done()
}

// openOutput opens the output of a signal, or returns that of its former source, and the
// grid on which it goes on. Only the goroutine that airs the signal calls it.
func (s *airings) openOutput(a input.Airing) (*output.Output, media.Grid, error) {
	name, segment, grid, now := a.Signal, a.Segment, a.Grid(), s.clock.now()
	s.mu.Lock()
	out := s.outputs[name]
	before, ending := s.ending[name]
	delete(s.ending, name)
	s.mu.Unlock()
	if out != nil {
		return out, out.Grid(segment, grid, now), nil
	}
	if ending {
		if err := before.output.Close(); err != nil {
			s.log.Warn("cannot close the output of an ended signal", "signal", name, "error", err)
		}
	}
	c := output.Config{URLs: s.config.IngestURLs, Token: s.config.Token, Window: s.config.Window, Log: s.log, Metrics: s.metrics.output}
	if s.config.Paths.Output != service.NoOutput {
		c.Path = s.config.outputOf(name)
		grid = output.GridIn(c.Path, segment, grid, now)
	}
	out, err := output.Open(c, name, grid, now)
	if err != nil {
		return nil, grid, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outputs[name] = out
	return out, grid, nil
}

// outputOf is the folder of a signal.
func (c Config) outputOf(name string) string { return filepath.Join(c.Paths.Output, name) }

// all are the signals on air, by name; nil where the output is being opened.
func (s *airings) all() map[string]airing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.onAir)
}

// names are the signals that must keep their media: those claimed, open or ending.
func (s *airings) names() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]bool{}
	for name := range s.owners {
		names[name] = true
	}
	for name := range s.outputs {
		names[name] = true
	}
	for name := range s.ending {
		names[name] = true
	}
	return names
}
