package worker

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker/delivery"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/transcoder"
)

const (
	// unfinishedFor is how long after its last change a film may lack its index: it may
	// be a copy that goes on.
	unfinishedFor = time.Minute
	// What may heal by itself, such as a full disk, is tried again after
	// retryFirst, then twice as long each time up to retryMost.
	retryFirst = time.Second
	retryMost  = 10 * time.Second
)

// stage is how far a signal is on its way to the air.
type stage uint8

const (
	stageStarting stage = iota // whether there is a mezzanine is not known yet
	stageMaking                // it is queued or made
	stageAired                 // an encoder runs
	stageWaiting               // it waits for something to heal
	stageRefused               // only another version of the file can change it
)

// signal is one version of a film, on its way to the air or on it.
type signal struct {
	file   input.File
	cancel context.CancelFunc
	done   chan struct{}
	known  func() // called when it is known what is to be made for it
	missed int    // looks that did not find it, used by Run's goroutine alone

	// All below is guarded by Service.mu.
	stage    stage
	segment  time.Duration // the length of its segments, once it has been on air
	encoder  *encoder      // while it is on air
	previous *signal       // the film's former version, on air until this one is
}

// film is the signal's film for the transcoder.
func (g *signal) film() transcoder.Film {
	return transcoder.Film{Signal: g.file.Signal, File: g.file.Path, Size: g.file.Size, Modified: g.file.Modified}
}

// start begins a film's way to the air. What is on air of old, the film's former
// version or nil, stays there until this one takes over.
func (s *Service) start(ctx context.Context, f input.File, old *signal) {
	ctx, cancel := context.WithCancel(ctx)
	sig := &signal{file: f, cancel: cancel, done: make(chan struct{}), known: s.turns.expect()}
	s.mu.Lock()
	switch {
	case old == nil:
	case old.encoder != nil:
		sig.previous = old
	default:
		sig.previous, old.previous = old.previous, nil
	}
	if old != nil {
		delete(s.signals, old.file.Name)
	}
	s.signals[f.Name] = sig
	s.mu.Unlock()
	if old != nil && old != sig.previous {
		s.stop(old)
	}
	go func() {
		defer close(sig.done)
		defer sig.known()
		s.keepTrying(ctx, sig, func(ctx context.Context) error { return s.play(ctx, sig) })
	}()
}

// keepTrying plays a film until ctx is cancelled, again and again where it fails
// for a reason that may heal.
func (s *Service) keepTrying(ctx context.Context, sig *signal, play func(context.Context) error) {
	again := backoff{}
	for {
		began := time.Now()
		err := play(ctx)
		if ctx.Err() != nil || !s.mayHeal(ctx, sig, err) {
			return
		}
		if time.Since(began) > retryMost {
			again = backoff{}
		}
		if !again.pause(ctx) {
			return
		}
	}
}

// mayHeal tells why a film is not on air, and reports whether to try again. Where
// the machine is to blame it returns when that is mended.
func (s *Service) mayHeal(ctx context.Context, sig *signal, err error) bool {
	var unfit *transcoder.Unfit
	var locked *delivery.LockedError
	switch {
	case s.machine.blame(err):
		s.setAside(sig, stageWaiting, event.FilmWaiting, err.Error())
		s.machine.await(ctx)
	case errors.As(err, &unfit) && strings.Contains(err.Error(), "moov atom not found") && time.Since(sig.file.Modified) < unfinishedFor:
		s.setAside(sig, stageWaiting, event.FilmWaiting, "it looks like an unfinished copy: "+err.Error())
	case errors.As(err, &unfit):
		s.setAside(sig, stageRefused, event.FilmRefused, err.Error())
		return false
	case errors.As(err, &locked): // until the other process ends
		s.setAside(sig, stageWaiting, event.FilmRefused, fmt.Sprintf("%v; rename the film, or set OUTPUT_STREAM_PATH to another folder", locked))
	default:
		s.setAside(sig, stageWaiting, event.FilmWaiting, err.Error())
	}
	return true
}

// play makes the mezzanine and plays it.
func (s *Service) play(ctx context.Context, sig *signal) error {
	defer sig.known()
	f := sig.film()
	if m, ok := s.transcoder.Cached(f); ok {
		sig.known()
		return s.air(ctx, sig, m)
	}
	s.queued(sig)
	m, err := s.make(ctx, f, sig.known)
	if err != nil {
		return err
	}
	if !m.Excerpt {
		return s.air(ctx, sig, m)
	}
	return s.airMeanwhile(ctx, sig, m)
}

// air plays a mezzanine until ctx is cancelled. The error is why it plays no more.
func (s *Service) air(ctx context.Context, sig *signal, m transcoder.Mezzanine) error {
	s.mu.Lock()
	previous := sig.previous
	sig.stage = stageAired // so that it never counts as off air in between
	s.mu.Unlock()
	if previous != nil {
		s.stop(previous)
	}
	out, grid, err := s.openOutput(sig.file, m.Segment)
	if err != nil {
		return err
	}
	e := &encoder{
		signal: sig.file.Signal, source: source{m, grid}, ffmpeg: s.config.FFmpeg, window: s.config.Window, clock: s.clock,
		spawner: s.spawner, machine: s.machine, log: s.log, metrics: s.metrics, output: out, last: time.Now(),
	}
	s.mu.Lock()
	sig.previous, sig.encoder, sig.stage, sig.segment = nil, e, stageAired, m.Segment
	s.mu.Unlock()
	fields := []any{"signal", e.signal, "file", sig.file.Path, "turn_s", m.Turn.Seconds(), "loop_s", m.Loop.Seconds()}
	about := ""
	if m.Excerpt {
		about = "only its first minute, while the rest is made"
		m.Remarks = append([]string{about}, m.Remarks...)
	}
	if len(m.Remarks) > 0 {
		fields = append(fields, "remarks", strings.Join(m.Remarks, "; "))
	}
	s.log.Info("signal starts", fields...)
	s.tellAired(sig, about)
	err = e.run(ctx)
	s.mu.Lock()
	sig.encoder = nil
	s.mu.Unlock()
	return err
}

// openOutput opens the output of a film's signal, or returns the one of its former
// version, and the grid on which it goes on. It is called by the goroutine of the
// signal's only version on air.
func (s *Service) openOutput(f input.File, segment time.Duration) (*delivery.Output, media.Grid, error) {
	name, grid, now := f.Signal, gridOf(segment, f.Changed), s.clock.now()
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
	c := delivery.Config{Packagers: s.config.IngestURLs, Token: s.config.Token, Window: s.config.Window, Log: s.log, Metrics: s.metrics.delivery}
	if s.config.Paths.Output != service.NoOutput {
		c.Path = s.outputOf(name)
		grid = delivery.GridIn(c.Path, segment, grid, now)
	}
	out, err := delivery.Open(c, name, grid, now)
	if err != nil {
		return nil, grid, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outputs[name] = out
	return out, grid, nil
}

// outputOf is the folder of a signal.
func (s *Service) outputOf(name string) string { return filepath.Join(s.config.Paths.Output, name) }

// running is the encoder that runs for the signal, its former version's included; nil
// while there is none. Needs Service.mu.
func (g *signal) running() *encoder {
	for v := g; v != nil; v = v.previous {
		if v.encoder != nil {
			return v.encoder
		}
	}
	return nil
}

// queued notes and tells that a film's mezzanine is to be made.
func (s *Service) queued(sig *signal) {
	s.mu.Lock()
	again := sig.stage != stageStarting // why it waits has been told
	sig.stage = stageMaking
	former := sig.running() != nil
	s.mu.Unlock()
	if !former && !again {
		s.outcomes.tell(event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: event.FilmWaiting, Reason: "its mezzanine is to be made"})
	}
}

// setAside notes and tells why a film is not on air, or not in this version.
func (s *Service) setAside(sig *signal, to stage, state event.FilmState, reason string) {
	s.mu.Lock()
	sig.stage = to
	former := sig.running() != nil
	s.mu.Unlock()
	f := event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: state, Reason: reason}
	if former {
		f = formerOf(f)
	}
	s.outcomes.tell(f)
}

// formerOf is what is told of a film whose former version is on air, where f is what
// becomes of the new one.
func formerOf(f event.Film) event.Film {
	f.State, f.Reason = event.FilmAired, newVersion+string(f.State)+": "+f.Reason+"; "+formerStays
	return f
}

func (s *Service) tellAired(sig *signal, reason string) {
	s.outcomes.tell(event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: event.FilmAired, Reason: reason})
}

// stop ends a signal and returns when it has ended.
func (s *Service) stop(sig *signal) {
	sig.cancel()
	<-sig.done
	s.mu.Lock()
	previous := sig.previous
	sig.encoder, sig.previous = nil, nil
	s.mu.Unlock()
	if previous != nil {
		s.stop(previous)
	}
}
