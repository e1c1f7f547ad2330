// Package worker is our mock encoder: it turns each MP4 of a folder into a live
// HLS signal, locked to the wall clock's epoch, so that any two workers and any
// restart give the same segments under the same numbers (ENCODER.md).
package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/procs/child"
	"livestream-tui/services/runner"
)

// rescan is how often the input folder is looked at.
const rescan = 2 * time.Second

// filmSignal is the signal of the test film.
const filmSignal = "live01"

// Service is the worker.
type Service struct {
	config  Config
	log     hclog.Logger
	metrics *metrics
	studio  *studio
	spawner *child.Spawner
	clock   clock

	mu      sync.Mutex
	doing   string             // what the service does as a whole; guarded by mu
	signals map[string]*signal // by file; guarded by mu
}

// signal is one film on its way to the air or on it.
type signal struct {
	input   input
	refused error    // why it is not on air; nil while it may come
	encoder *encoder // nil until the mezzanine is there
	cancel  context.CancelFunc
	done    chan struct{}
}

var _ runner.Service = (*Service)(nil)

// New returns a worker that is not running.
func New(c Config, k runner.Kit) (*Service, error) {
	if err := os.MkdirAll(c.Paths.Output, 0o755); err != nil {
		return nil, fmt.Errorf("OUTPUT_STREAM_PATH=%q: cannot make it: %w", c.Paths.Output, err)
	}
	probe := filepath.Join(c.Paths.Output, ".writable")
	if err := os.WriteFile(probe, nil, 0o644); err != nil {
		return nil, fmt.Errorf("OUTPUT_STREAM_PATH=%q: cannot write there: %w", c.Paths.Output, err)
	}
	if err := os.Remove(probe); err != nil {
		return nil, fmt.Errorf("OUTPUT_STREAM_PATH=%q: %w", c.Paths.Output, err)
	}
	return &Service{
		config: c, log: k.Log, metrics: newMetrics(k.Metrics),
		studio: newStudio(c, newProgress(k.Log, c.Terminal).tell),
		clock:  newClock(), doing: "looking for films in " + c.Paths.Input,
		signals: map[string]*signal{},
	}, nil
}

// Address is empty: a worker has no port.
func (s *Service) Address() string { return "" }

// Routes adds none.
func (s *Service) Routes(*mux.Router) {}

// Ready reports whether every film that can go on air has a full playlist.
func (s *Service) Ready() (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting, refused []string
	onAir := 0
	for _, sig := range s.signals {
		switch {
		case sig.refused != nil:
			refused = append(refused, fmt.Sprintf("%s refused: %s", filepath.Base(sig.input.File), sig.refused))
		case sig.encoder == nil:
			waiting = append(waiting, "making the mezzanine of "+sig.input.Signal)
		case !sig.encoder.full.Load():
			waiting = append(waiting, "filling the playlist of "+sig.input.Signal)
		default:
			onAir++
		}
	}
	sort.Strings(waiting)
	sort.Strings(refused)
	switch {
	case s.doing != "":
		return false, s.doing
	case len(waiting) > 0:
		return false, strings.Join(waiting, ", ")
	case onAir == 0:
		return false, strings.Join(append([]string{"no film to play in " + s.config.Paths.Input}, refused...), "; ")
	}
	return true, ""
}

// Run puts every film on air until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	s.spawner = child.NewSpawner()
	defer s.spawner.Close()
	defer s.stopAll()
	if err := s.makeFilm(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	s.mu.Lock()
	s.doing = ""
	s.mu.Unlock()
	tick := time.NewTicker(rescan)
	defer tick.Stop()
	for {
		if err := s.scan(ctx); err != nil {
			s.log.Error("cannot read the input folder, the signals on air go on", "path", s.config.Paths.Input, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// makeFilm makes the test film where the input folder holds no MP4.
func (s *Service) makeFilm(ctx context.Context) error {
	folder := s.config.Paths.Input
	list, err := scanInputs(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("INPUT_STREAM_PATH=%q: %w", folder, err)
	}
	if len(list) > 0 {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("INPUT_STREAM_PATH=%q: %w", folder, err)
	}
	file := filepath.Join(folder, filmSignal+".mp4")
	s.log.Info("no MP4 in the input folder: making a test film there", "file", file)
	s.mu.Lock()
	s.doing = "making a test film in " + folder
	s.mu.Unlock()
	if err := s.studio.film(ctx, filmSignal, file); err != nil {
		return fmt.Errorf("test film %s: %w", file, err)
	}
	return nil
}

// scan compares the folder with what is on air: new films start, changed ones
// start anew, vanished ones end.
func (s *Service) scan(ctx context.Context) error {
	list, err := scanInputs(s.config.Paths.Input)
	if err != nil {
		return err
	}
	s.mu.Lock()
	var gone []*signal
	var fresh []input
	seen := map[string]bool{}
	for _, in := range list {
		seen[in.File] = true
		old, known := s.signals[in.File]
		if known && old.input.same(in) {
			continue
		}
		if time.Since(in.Modified) < rescan && in.Refused == nil && time.Since(s.clock.began) > rescan {
			continue // still being written: the next look tells
		}
		if known {
			gone = append(gone, old)
		}
		fresh = append(fresh, in)
	}
	for file, sig := range s.signals {
		if !seen[file] {
			gone = append(gone, sig)
			delete(s.signals, file)
			s.log.Error("film has vanished, its signal ends", "signal", sig.input.Signal, "file", file)
		}
	}
	s.mu.Unlock()
	for _, sig := range gone {
		sig.stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range fresh {
		s.start(ctx, in)
	}
	return nil
}

// start begins a film's way to the air. Needs mu.
func (s *Service) start(ctx context.Context, in input) {
	ctx, cancel := context.WithCancel(ctx)
	sig := &signal{input: in, cancel: cancel, done: make(chan struct{})}
	s.signals[in.File] = sig
	if in.Refused != nil {
		s.refuse(sig, in.Refused)
		close(sig.done)
		return
	}
	go func() {
		defer close(sig.done)
		if err := s.play(ctx, sig); err != nil && ctx.Err() == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refuse(sig, err)
		}
	}()
}

// play makes the mezzanine and runs the encoder.
func (s *Service) play(ctx context.Context, sig *signal) error {
	m, err := s.studio.mezzanine(ctx, sig.input)
	if err != nil {
		return err
	}
	e := &encoder{
		signal: sig.input.Signal, source: m, ffmpeg: s.config.FFmpeg, window: s.config.Window, clock: s.clock,
		path: filepath.Join(s.config.Paths.Output, sig.input.Signal), list: listPath(m),
		spawner: s.spawner, log: s.log, metrics: s.metrics,
	}
	s.mu.Lock()
	sig.encoder = e
	s.mu.Unlock()
	s.log.Info("signal starts", "signal", sig.input.Signal, "file", sig.input.File, "loop_s", int(m.Length/time.Second))
	return e.run(ctx)
}

// refuse notes and says why a film is not on air. Needs mu.
func (s *Service) refuse(sig *signal, why error) {
	sig.refused = why
	s.log.Error("film refused, the others go on", "file", sig.input.File, "reason", why.Error())
}

func (sig *signal) stop() {
	sig.cancel()
	<-sig.done
}

func (s *Service) stopAll() {
	s.mu.Lock()
	var all []*signal
	for _, sig := range s.signals {
		all = append(all, sig)
	}
	s.mu.Unlock()
	for _, sig := range all {
		sig.stop()
	}
}

// metrics are the worker's, by signal.
type metrics struct {
	segments, restarts *prometheus.CounterVec
	newest, late       *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	by := []string{"signal"}
	f := promauto.With(r)
	return &metrics{
		segments: f.NewCounterVec(prometheus.CounterOpts{Name: "worker_segments_total", Help: "Segments published."}, by),
		restarts: f.NewCounterVec(prometheus.CounterOpts{Name: "worker_ffmpeg_restarts_total", Help: "FFmpegs that ended and were started again."}, by),
		newest:   f.NewGaugeVec(prometheus.GaugeOpts{Name: "worker_newest_msn", Help: "MSN of the newest segment."}, by),
		late:     f.NewGaugeVec(prometheus.GaugeOpts{Name: "worker_late_seconds", Help: "How long after its last frame the newest segment was in place."}, by),
	}
}

func (m *metrics) published(signal string, s *segment, late time.Duration) {
	m.segments.WithLabelValues(signal).Inc()
	m.newest.WithLabelValues(signal).Set(float64(s.MSN))
	m.late.WithLabelValues(signal).Set(late.Seconds())
}
