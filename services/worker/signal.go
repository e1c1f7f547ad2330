package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/input/folder"
	"livestream-tui/services/worker/mezzanine"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/transcoder"
)

const (
	// unfinishedFor is how long after its last change a film may be unfinished: the copy
	// may go on.
	unfinishedFor = time.Minute
	// After a failure that may heal by itself, such as a full disk, the next attempt
	// comes after retryFirst, then after twice as long each time up to retryMost.
	retryFirst = time.Second
	retryMost  = 10 * time.Second
)

// stage is how far a signal is on its way to the air.
type stage uint8

const (
	stageStarting stage = iota // it is not known yet whether there is a mezzanine
	stageMaking                // the mezzanine is queued or being made
	stageAired                 // an encoder runs
	stageWaiting               // something has to heal first
	stageRefused               // only another version of the file can help
)

// signal is one version of a film, on its way to the air or on it.
type signal struct {
	file   folder.File
	cancel context.CancelFunc
	done   chan struct{}
	known  func() // called when it is known what has to be made for it
	missed int    // looks in a row that did not find it; used by Run's goroutine alone

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

// start begins a film's way to the air. Its former version old, or nil, stays on air until
// this one takes over.
func (s *Service) start(ctx context.Context, f folder.File, old *signal) {
	ctx, cancel := context.WithCancel(ctx)
	sig := &signal{file: f, cancel: cancel, done: make(chan struct{}), known: s.queue.Expect()}
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

// keepTrying plays a film until ctx is cancelled, again and again as long as what fails may
// heal.
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

// mayHeal logs why a film is not on air, and reports whether to try again. Where the
// machine is at fault it returns when that is mended.
func (s *Service) mayHeal(ctx context.Context, sig *signal, err error) bool {
	var unfit *transcoder.Unfit
	var locked *output.LockedError
	switch {
	case s.machine.blame(err):
		s.setAside(sig, stageWaiting, event.FilmWaiting, err.Error())
		s.machine.await(ctx)
	case errors.As(err, &unfit) && unfit.Unfinished && time.Since(sig.file.Modified) < unfinishedFor:
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
	m, err := s.transcode(ctx, f, sig.known)
	if err != nil {
		return err
	}
	if !m.Excerpt {
		return s.air(ctx, sig, m)
	}
	return s.airMeanwhile(ctx, sig, m)
}

// air plays a mezzanine until ctx is cancelled. The error is why it had to stop.
func (s *Service) air(ctx context.Context, sig *signal, m mezzanine.Mezzanine) error {
	s.mu.Lock()
	previous := sig.previous
	sig.stage = stageAired // so that it never counts as off air in between
	s.mu.Unlock()
	if previous != nil {
		s.stop(previous)
	}
	release := m.Retain()
	defer release()
	return s.airSource(ctx, airing{sig.file.Signal, m, m.Segment, sig.file.Changed}, func(e *encoder) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if sig.encoder = e; e != nil {
			sig.previous, sig.stage, sig.segment = nil, stageAired, m.Segment
		}
	}, func() { s.tellStart(sig, m) })
}

// tellStart logs that a film's mezzanine is on air.
func (s *Service) tellStart(sig *signal, m mezzanine.Mezzanine) {
	fields := []any{"signal", sig.file.Signal, "file", sig.file.Path, "turn_s", m.Turn.Seconds(), "loop_s", m.Loop.Seconds()}
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
}

// running is the encoder that runs for the signal or for its former version; nil while
// neither is on air. The caller must hold Service.mu.
func (g *signal) running() *encoder {
	for v := g; v != nil; v = v.previous {
		if v.encoder != nil {
			return v.encoder
		}
	}
	return nil
}

// queued notes and logs that a film's mezzanine has to be made.
func (s *Service) queued(sig *signal) {
	s.mu.Lock()
	again := sig.stage != stageStarting // why it waits is in the log
	sig.stage = stageMaking
	former := sig.running() != nil
	s.mu.Unlock()
	if !former && !again {
		s.outcomes.tell(outcome{Film: event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: event.FilmWaiting, Reason: "its mezzanine is to be made"}})
	}
}

// setAside notes and logs why a film, or this version of it, is not on air.
func (s *Service) setAside(sig *signal, to stage, state event.FilmState, reason string) {
	s.mu.Lock()
	sig.stage = to
	former := sig.running() != nil
	s.mu.Unlock()
	s.outcomes.tell(outcomeOf(event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: state, Reason: reason}, former))
}

// tellAired logs that a film is on air, about which there may be something to say.
func (s *Service) tellAired(sig *signal, about string) {
	s.outcomes.tell(outcome{Film: event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: event.FilmAired, Reason: about}})
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
