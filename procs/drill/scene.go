package drill

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// Made tells of a fault that was made and is over.
type Made struct {
	// Victim is the process it was done to, or several in words.
	Victim string
	// At is when it came, Over when it was taken back.
	At, Over time.Time
	// Broke are the times at which the proxy was killed: what was under way then
	// broke off.
	Broke []span
}

// span is a time from then to then.
type span struct{ From, To time.Time }

// notHereError is why a fault cannot be made on this machine or this platform, which
// is no verdict on anybody.
type notHereError struct{ reason string }

func (e *notHereError) Error() string { return e.reason }

// undoWithin bounds what takes a fault back, which a cancelled drill does too.
const undoWithin = 5 * time.Second

// scene is one fault at one target while it is made.
type scene struct {
	target Target
	active string // the packager that players were served from before the fault
	victim string
	broke  []span
	// onBreak is told at once of what is added to broke; nil tells nobody.
	onBreak func(span)
	undone  []func(context.Context) error
}

// breaks notes that the proxy is being killed.
func (s *scene) breaks(at span) {
	s.broke = append(s.broke, at)
	if s.onBreak != nil {
		s.onBreak(at)
	}
}

// undo leaves how to take something back; the last comes first.
func (s *scene) undo(do func(context.Context) error) { s.undone = append(s.undone, do) }

// fault sets the fault switch until the fault is over. An incarnation that has
// ended meanwhile took its fault with it.
func (s *scene) fault(ctx context.Context, process string, f fault) error {
	p, err := s.target.process(process)
	if err != nil {
		return err
	}
	if err := s.target.set(ctx, process, f); err != nil {
		return err
	}
	s.undo(func(ctx context.Context) error {
		// One that was killed just now may not be known to have ended yet.
		return await(ctx, undoWithin/2, func() error {
			now, err := s.target.process(process)
			if err != nil || now.Incarnation != p.Incarnation || now.Socket == "" {
				return err
			}
			return s.target.set(ctx, process, fault{Mode: "none"})
		})
	})
	return nil
}

// slowDown makes a packager send that many times as fast as its signal plays.
func (s *scene) slowDown(ctx context.Context, process string, speed float64) error {
	bits := cmp.Or(s.target.Bitrate, 1_000_000)
	return s.fault(ctx, process, fault{Mode: "slow", BytesPerSecond: int64(speed * float64(bits) / 8)})
}

func (s *scene) takeBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	var errs []error
	for _, do := range slices.Backward(s.undone) {
		errs = append(errs, do(ctx))
	}
	s.undone = nil
	return errors.Join(errs...)
}

// Make makes the fault, holds it and takes it back, then too when ctx is cancelled
// meanwhile. The error says what could not be done: it is no verdict on anybody.
func (f Fault) Make(ctx context.Context, t Target) (m Made, err error) {
	s := &scene{target: t}
	if s.active, err = t.active(ctx); err != nil {
		return m, err
	}
	s.victim = s.active
	defer func() {
		err = errors.Join(err, s.takeBack(ctx))
		m.Over = time.Now()
	}()
	if f.prepare != nil {
		if err := f.prepare(ctx, s); err != nil {
			return m, err
		}
	}
	if err := t.awaitGood(ctx); err != nil {
		return m, err
	}
	m.At = time.Now()
	defer func() { m.Victim, m.Broke = s.victim, s.broke }()
	if err = f.inject(ctx, s); err != nil {
		return m, err
	}
	return m, sleep(ctx, f.Hold)
}
