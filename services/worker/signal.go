package worker

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"livestream-tui/services/runner"
)

// signal is one version of a film, on its way to the air or on it.
type signal struct {
	input  input
	cancel context.CancelFunc
	done   chan struct{}
	// later: it came when the worker was ready already.
	later  bool
	missed int // looks that did not find it, used by Run's goroutine alone

	// All below is guarded by Service.mu.
	refused  error    // why it is not on air; nil while it may come
	aired    bool     // it has been on air
	encoder  *encoder // while it is on air
	previous *signal  // the film's former version, on air until this one is
}

// start begins a film's way to the air. What is on air of old, the film's former
// version or nil, stays there until this one takes over.
func (s *Service) start(ctx context.Context, in input, old *signal) {
	ctx, cancel := context.WithCancel(ctx)
	sig := &signal{input: in, cancel: cancel, done: make(chan struct{})}
	s.mu.Lock()
	sig.later = s.ready
	switch {
	case old == nil:
	case old.encoder != nil:
		sig.previous = old
	default:
		sig.previous, old.previous = old.previous, nil
	}
	s.signals[in.File] = sig
	if in.Refused != nil {
		s.refuse(sig, in.Refused)
	}
	s.mu.Unlock()
	if old != nil && old != sig.previous {
		s.stop(old)
	}
	if in.Refused != nil {
		close(sig.done)
		return
	}
	go func() {
		defer close(sig.done)
		s.keepPlaying(ctx, sig)
	}()
}

// keepPlaying plays a film until ctx is cancelled, again and again where it fails
// for a reason that may heal.
func (s *Service) keepPlaying(ctx context.Context, sig *signal) {
	wait := retryFirst
	for {
		began := time.Now()
		err := s.play(ctx, sig)
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		sig.encoder = nil
		s.refuse(sig, err)
		s.mu.Unlock()
		if final := (*unfit)(nil); errors.As(err, &final) {
			return
		}
		if time.Since(began) > retryMost {
			wait = retryFirst
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(longer(wait)):
		}
		wait = min(2*wait, retryMost)
	}
}

// play makes the mezzanine and runs the encoder.
func (s *Service) play(ctx context.Context, sig *signal) error {
	m, err := s.studio.mezzanine(ctx, sig.input)
	if err != nil {
		return err
	}
	s.mu.Lock()
	previous := sig.previous
	s.mu.Unlock()
	if previous != nil {
		s.stop(previous)
	}
	e := &encoder{
		signal: sig.input.Signal, source: m, ffmpeg: s.config.FFmpeg, window: s.config.Window, clock: s.clock,
		path: filepath.Join(s.config.Paths.Output, sig.input.Signal), spawner: s.spawner, log: s.log, metrics: s.metrics,
		urls: s.config.IngestURLs, token: s.config.Token, last: time.Now(),
	}
	if len(e.urls) > 0 {
		e.store = newStore()
	}
	s.mu.Lock()
	if s.config.Paths.Output == runner.NoOutput {
		e.path = ""
		if before := s.kept[e.signal]; before != nil {
			e.folder, e.store = before.folder, before.store
		}
		s.kept[e.signal] = e
	}
	sig.previous, sig.encoder, sig.refused, sig.aired = nil, e, nil, true
	s.mu.Unlock()
	s.log.Info("signal starts", "signal", sig.input.Signal, "file", sig.input.File, "loop_s", int(m.Length/time.Second))
	return e.run(ctx)
}

// refuse notes why a film is not on air and says so, once. Needs mu.
func (s *Service) refuse(sig *signal, why error) {
	again := sig.refused != nil && sig.refused.Error() == why.Error()
	sig.refused = why
	what := "film refused, the others go on"
	switch {
	case again:
		return
	case sig.previous != nil:
		what = "new version of the film refused, the former stays on air"
	case sig.aired:
		what = "signal interrupted, trying again"
	}
	s.log.Error(what, "signal", sig.input.Signal, "file", sig.input.File, "reason", why.Error())
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
