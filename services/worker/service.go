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

	"livestream-tui/procs/child"
	"livestream-tui/services/runner"
)

const (
	// rescan is how often the input folder is looked at.
	rescan = 2 * time.Second
	// What may heal by itself, such as a full disk, is tried again after
	// retryFirst, then twice as long each time up to retryMost.
	retryFirst = time.Second
	retryMost  = 10 * time.Second
	// filmSignal is the signal of the test film.
	filmSignal = "live01"
)

// Service is the worker.
type Service struct {
	config  Config
	log     hclog.Logger
	metrics *metrics
	spawner *child.Spawner // set by Run
	studio  *studio        // set by Run
	clock   clock
	// seen are the versions of films at the last look; used by Run's goroutine alone.
	seen map[string]input

	mu      sync.Mutex
	doing   string             // what the service does as a whole; guarded by mu
	ready   bool               // it has been ready; guarded by mu
	signals map[string]*signal // by file; written by Run's goroutine alone, guarded by mu
	// kept are the encoders that ran last, by signal, where there is no folder that
	// remembers what they published; guarded by mu.
	kept map[string]*encoder
}

var (
	_ runner.Service    = (*Service)(nil)
	_ runner.Controlled = (*Service)(nil)
)

// New returns a worker that is not running.
func New(c Config, k runner.Kit) (*Service, error) {
	if c.Paths.Output != runner.NoOutput {
		if err := tryOutput(c.Paths.Output); err != nil {
			return nil, fmt.Errorf("OUTPUT_STREAM_PATH=%q: %w", c.Paths.Output, err)
		}
	}
	return &Service{
		config: c, log: k.Log, metrics: newMetrics(k.Metrics),
		clock: newClock(), doing: "looking for films in " + c.Paths.Input,
		seen: map[string]input{}, signals: map[string]*signal{}, kept: map[string]*encoder{},
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

// Routes adds none.
func (s *Service) Routes(*mux.Router) {}

// Ready reports whether every film that can go on air has a full playlist. Films
// that come later are no reason to be ready no more; a signal that has been on
// air and is not is one.
func (s *Service) Ready() (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doing != "" {
		return false, s.doing
	}
	var waiting, wrong, refused []string
	onAir := 0
	for _, sig := range s.signals {
		e := sig.encoder
		if e == nil && sig.previous != nil {
			e = sig.previous.encoder
		}
		var full bool
		var problem string
		if e != nil {
			full, problem = e.condition()
		}
		no := fmt.Sprintf("%s refused: %v", filepath.Base(sig.input.File), sig.refused)
		switch {
		case problem != "":
			wrong = append(wrong, problem)
		case full || e != nil && s.ready:
			onAir++
		case e != nil:
			waiting = append(waiting, "filling the playlist of "+sig.input.Signal)
		case sig.refused != nil && sig.aired:
			wrong = append(wrong, no)
		case sig.refused != nil:
			refused = append(refused, no)
		case !sig.later:
			waiting = append(waiting, "making the mezzanine of "+sig.input.Signal)
		}
	}
	sort.Strings(wrong)
	sort.Strings(waiting)
	sort.Strings(refused)
	switch {
	case len(wrong)+len(waiting) > 0:
		return false, strings.Join(append(wrong, waiting...), "; ")
	case onAir == 0:
		return false, strings.Join(append([]string{"no film to play in " + s.config.Paths.Input}, refused...), "; ")
	}
	s.ready = true
	return true, ""
}

// Run puts every film on air until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	s.spawner = child.NewSpawner()
	defer s.spawner.Close()
	defer s.stopAll()
	var err error
	if s.studio, err = newStudio(s.config, s.spawner, newProgress(s.log, s.config.Terminal)); err != nil {
		return err
	}
	if err := s.makeFilm(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	tick := time.NewTicker(rescan)
	defer tick.Stop()
	for first := true; ; first = false {
		if err := s.scan(ctx, first); err != nil {
			s.log.Error("cannot read the input folder, the signals on air go on", "path", s.config.Paths.Input, "error", err)
		}
		s.setDoing("")
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *Service) setDoing(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doing = what
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
	s.setDoing("making a test film in " + folder)
	if err := s.studio.film(ctx, filmSignal, file); err != nil {
		return fmt.Errorf("test film %s: %w", file, err)
	}
	return nil
}

// scan compares the folder with what is on air: new films start, changed ones
// take over, vanished ones end. Except at the first look, a film is taken when
// two looks have seen the same of it: it may still be being written.
func (s *Service) scan(ctx context.Context, first bool) error {
	list, err := scanInputs(s.config.Paths.Input)
	if err != nil {
		return err
	}
	seen := map[string]input{}
	for _, in := range list {
		seen[in.File] = in
		old := s.signals[in.File]
		if old != nil {
			old.missed = 0
		}
		if old != nil && old.input.same(in) || !first && !s.seen[in.File].same(in) {
			continue
		}
		s.start(ctx, in, old)
	}
	s.seen = seen
	for file, sig := range s.signals {
		if _, there := seen[file]; there || errors.Is(sig.input.Refused, errVanished) {
			continue
		}
		if sig.missed++; sig.missed == 1 {
			continue // being replaced, perhaps
		}
		s.vanish(ctx, sig)
	}
	return nil
}

var errVanished = errors.New("it has vanished")

// vanish ends the signal of a film that is no more.
func (s *Service) vanish(ctx context.Context, sig *signal) {
	s.stop(sig)
	endAt(ctx, s.config.IngestURLs, sig.input.Signal, s.config.Token, s.log)
	s.mu.Lock()
	defer s.mu.Unlock()
	sig.input = input{Signal: sig.input.Signal, File: sig.input.File, Refused: errVanished}
	sig.aired = false // nobody waits for it to come back
	s.refuse(sig, errVanished)
	delete(s.kept, sig.input.Signal)
	if s.config.Paths.Output == runner.NoOutput {
		return
	}
	// Without a playlist it is no ingest source any more.
	err := os.Remove(filepath.Join(s.config.Paths.Output, sig.input.Signal, playlistName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Error("cannot remove the playlist of an ended signal", "signal", sig.input.Signal, "error", err)
	}
}

func (s *Service) stopAll() {
	for _, sig := range s.signals {
		s.stop(sig)
	}
}
