package films

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/input/films/folder"
	"livestream-tui/services/worker/mezzanine"
	"livestream-tui/services/worker/output"
	"livestream-tui/services/worker/transcoder"
)

// unfinishedFor is how long after its last change a film may be unfinished: the copy may go
// on.
const unfinishedFor = time.Minute

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
	missed int    // looks in a row that did not find it; used by the goroutine that looks alone

	// All below is guarded by Films.mu.
	stage    stage
	segment  time.Duration // the length of its segments, once it has been on air
	onAir    bool          // the host has its output open
	failed   bool          // it was set aside, and no segment has been published since
	previous *signal       // the film's former version, on air until this one is
}

// film is the signal's film for the transcoder.
func (g *signal) film() transcoder.Film {
	return transcoder.Film{Signal: g.file.Signal, File: g.file.Path, Size: g.file.Size, Modified: g.file.Modified}
}

// airing is the signal's airing, without its source.
func (g *signal) airing() input.Airing {
	return input.Airing{Signal: g.file.Signal, Segment: g.segment, Changed: g.file.Changed}
}

// start begins a film's way to the air. Its former version old, or nil, stays on air until
// this one takes over.
func (s *Films) start(ctx context.Context, f folder.File, old *signal) {
	ctx, cancel := context.WithCancel(ctx)
	sig := &signal{file: f, cancel: cancel, done: make(chan struct{}), known: s.queue.Expect()}
	s.mu.Lock()
	switch {
	case old == nil:
	case old.onAir:
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
	s.host.Go(func() {
		defer close(sig.done)
		defer sig.known()
		s.keepTrying(ctx, sig, func(ctx context.Context) error { return s.play(ctx, sig) })
	})
}

// keepTrying plays a film until ctx is cancelled, again and again as long as what fails may
// heal.
func (s *Films) keepTrying(ctx context.Context, sig *signal, play func(context.Context) error) {
	again := input.Backoff{}
	for {
		began := time.Now()
		err := play(ctx)
		if ctx.Err() != nil || !s.mayHeal(ctx, sig, err) {
			return
		}
		if time.Since(began) > input.RetryMost {
			again = input.Backoff{}
		}
		if !again.Pause(ctx) {
			return
		}
	}
}

// causes are the causes that stand for the faults of films.
var causes = map[transcoder.Fault]event.FilmCause{
	transcoder.FaultUnreadable: event.FilmUnreadable,
	transcoder.FaultNoVideo:    event.FilmNoVideo,
	transcoder.FaultTooLong:    event.FilmTooLong,
}

// mayHeal logs why a film is not on air, and reports whether to try again. Where the
// machine is at fault it returns when that is mended.
func (s *Films) mayHeal(ctx context.Context, sig *signal, err error) bool {
	var unfit *transcoder.Unfit
	var locked *output.LockedError
	switch {
	case s.config.Machine.Blame(err):
		s.setAside(sig, stageWaiting, why{state: event.FilmWaiting, cause: event.FilmFFmpeg, reason: err.Error()})
		s.config.Machine.Await(ctx)
	case errors.As(err, &unfit) && unfit.Unfinished && time.Since(sig.file.Modified) < unfinishedFor:
		s.setAside(sig, stageWaiting, why{state: event.FilmWaiting, cause: event.FilmCopying, reason: "it looks like an unfinished copy: " + err.Error()})
	case errors.As(err, &unfit):
		s.setAside(sig, stageRefused, why{state: event.FilmRefused, cause: causes[unfit.Fault], reason: err.Error()})
		return false
	case errors.As(err, &locked): // until the other process ends
		s.setAside(sig, stageWaiting, why{state: event.FilmRefused, cause: event.FilmNameTaken, reason: fmt.Sprintf("%v; rename the film, or set OUTPUT_STREAM_PATH to another folder", locked)})
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		w := why{state: event.FilmWaiting, cause: event.FilmDiskFull, reason: err.Error()}
		if at := (*output.WriteError)(nil); errors.As(err, &at) {
			w.folder = at.Folder
		}
		s.setAside(sig, stageWaiting, w)
	default:
		s.setAside(sig, stageWaiting, why{state: event.FilmWaiting, reason: err.Error()})
	}
	return true
}

// play makes the mezzanine and plays it.
func (s *Films) play(ctx context.Context, sig *signal) error {
	defer sig.known()
	f := sig.film()
	if m, ok := s.config.Maker.Cached(f); ok {
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
func (s *Films) air(ctx context.Context, sig *signal, m mezzanine.Mezzanine) error {
	s.mu.Lock()
	previous := sig.previous
	sig.stage = stageAired // so that it never counts as off air in between
	s.mu.Unlock()
	if previous != nil {
		s.stop(previous)
	}
	release := m.Retain()
	defer release()
	a := sig.airing()
	a.Source, a.Segment = m, m.Segment
	a.Started = func() {
		s.mu.Lock()
		sig.onAir, sig.previous, sig.stage, sig.segment = true, nil, stageAired, m.Segment
		again := sig.failed
		s.mu.Unlock()
		s.logStart(sig, m)
		if !again {
			s.noteAired(sig, remarkOn(m))
		}
	}
	a.Published = func() { // what failed, such as a full disk, may fail again before
		s.mu.Lock()
		again := sig.failed
		sig.failed = false
		s.mu.Unlock()
		if again {
			s.noteAired(sig, remarkOn(m))
		}
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		sig.onAir = false
	}()
	err := s.host.Air(ctx, a)
	if errors.Is(err, input.ErrUnplayable) {
		err = fmt.Errorf("%w; its mezzanine is made again", err)
	}
	return err
}

// logStart logs that a film's mezzanine goes on air.
func (s *Films) logStart(sig *signal, m mezzanine.Mezzanine) {
	fields := []any{"signal", sig.file.Signal, "file", sig.file.Path, "turn_s", m.Turn.Seconds(), "loop_s", m.Loop.Seconds()}
	remarks := m.Remarks
	if about := remarkOn(m); about != "" {
		remarks = append([]string{about}, remarks...)
	}
	if len(remarks) > 0 {
		fields = append(fields, "remarks", strings.Join(remarks, "; "))
	}
	s.log.Info("signal starts", fields...)
}

// remarkOn is what the film's report says of a mezzanine that is on air; empty for a whole one.
func remarkOn(m mezzanine.Mezzanine) string {
	if m.Excerpt {
		return "only its first minute, while the rest is made"
	}
	return ""
}

// running reports whether the signal or its former version is on air. The caller must hold
// Films.mu.
func (g *signal) running() bool {
	for v := g; v != nil; v = v.previous {
		if v.onAir {
			return true
		}
	}
	return false
}

// queued notes and logs that a film's mezzanine has to be made.
func (s *Films) queued(sig *signal) {
	s.mu.Lock()
	again := sig.stage != stageStarting // why it waits is in the log
	sig.stage = stageMaking
	former := sig.running()
	s.mu.Unlock()
	if !former && !again {
		s.outcomes.note(outcome{Film: event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: event.FilmWaiting, Cause: event.FilmMaking, Reason: "its mezzanine is to be made"}})
	}
}

// why is why a film, or a version of it, is not on air.
type why struct {
	state  event.FilmState
	cause  event.FilmCause
	reason string
	folder string // of a full disk
}

// setAside notes and logs why a film, or this version of it, is not on air.
func (s *Films) setAside(sig *signal, to stage, w why) {
	s.mu.Lock()
	sig.stage = to
	sig.failed = true
	former := sig.running()
	s.mu.Unlock()
	s.outcomes.note(outcomeOf(event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: w.state, Cause: w.cause, Reason: w.reason, Folder: w.folder}, former))
}

// noteAired logs that a film is on air, about which there may be something to say.
func (s *Films) noteAired(sig *signal, about string) {
	s.outcomes.note(outcome{Film: event.Film{File: sig.file.Name, Signal: sig.file.Signal, State: event.FilmAired, Reason: about}})
}

// stop ends a signal and returns when it has ended.
func (s *Films) stop(sig *signal) {
	sig.cancel()
	<-sig.done
	s.mu.Lock()
	previous := sig.previous
	sig.previous = nil
	s.mu.Unlock()
	if previous != nil {
		s.stop(previous)
	}
}
