package films

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"livestream-tui/services/worker/input"
	"livestream-tui/services/worker/mezzanine"
	"livestream-tui/services/worker/queue"
	"livestream-tui/services/worker/transcoder"
)

const (
	// long is the length of a film beyond which its beginning is aired while the rest is
	// made.
	long = 3 * time.Minute
	// probeTimeout is how long a film may take to be probed.
	probeTimeout = 10 * time.Second
)

// transcode makes a film's mezzanine when its turn comes; of a long film, one of its
// beginning. It calls known as soon as the film is in the queue.
func (s *Films) transcode(ctx context.Context, f transcoder.Film, known func()) (mezzanine.Mezzanine, error) {
	length, err := s.length(ctx, f)
	if err != nil {
		return mezzanine.Mezzanine{}, err
	}
	w, transcode := queue.Work{File: f.File, Length: length}, s.config.Maker.Make
	if length > long {
		w.Length, transcode = transcoder.ExcerptLength, s.config.Maker.Excerpt
	}
	wait, leave := s.queue.Enter(w)
	defer leave()
	known()
	if err := wait(ctx); err != nil {
		return mezzanine.Mezzanine{}, err
	}
	return transcode(ctx, f)
}

// length probes a film.
func (s *Films) length(ctx context.Context, f transcoder.Film) (time.Duration, error) {
	done, err := s.queue.Probe(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, fmt.Errorf("FFmpeg does not say within %s what it is", probeTimeout))
	defer cancel()
	length, err := s.config.Maker.Length(ctx, f)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return length, err
}

// airMeanwhile plays the beginning of a long film while the rest is made, then the
// whole.
func (s *Films) airMeanwhile(ctx context.Context, sig *signal, beginning mezzanine.Mezzanine) error {
	playing, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	group.Go(func() {
		s.keepTrying(playing, sig, func(ctx context.Context) error { return s.air(ctx, sig, beginning) })
	})
	whole, err := s.makeRest(ctx, sig.film())
	if err != nil && ctx.Err() == nil {
		s.noteAired(sig, "only its first minute: the rest cannot be made: "+err.Error())
		<-ctx.Done()
	}
	stop()
	group.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.air(ctx, sig, whole)
}

// makeRest makes the whole of a film whose beginning is on air, with as many attempts as
// it takes. The error is a *transcoder.Unfit, or that of ctx.
func (s *Films) makeRest(ctx context.Context, f transcoder.Film) (mezzanine.Mezzanine, error) {
	again := input.Backoff{}
	for {
		wait, leave := s.queue.Enter(queue.Work{File: f.File, Length: long, Last: true})
		err := wait(ctx)
		var m mezzanine.Mezzanine
		if err == nil {
			m, err = s.config.Maker.Make(ctx, f)
		}
		leave()
		var unfit *transcoder.Unfit
		if err == nil || errors.As(err, &unfit) {
			return m, err
		}
		if s.config.Machine.Blame(err) {
			s.config.Machine.Await(ctx)
		} else if ctx.Err() == nil {
			s.log.Error("the rest of a film cannot be made now, trying again", "signal", f.Signal, "file", f.File, "reason", err.Error())
		}
		if !again.Pause(ctx) {
			return m, ctx.Err()
		}
	}
}
