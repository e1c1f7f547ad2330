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
}

// undoWithin bounds what takes a fault back, which a cancelled drill does too.
const undoWithin = 5 * time.Second

// scene is one fault at one target while it is made.
type scene struct {
	target Target
	active string // the packager that players were served from before the fault
	victim string
	undone []func(context.Context) error
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

func (s *scene) slowDown(ctx context.Context, process string) error {
	bits := cmp.Or(s.target.Bitrate, 1_000_000)
	return s.fault(ctx, process, fault{Mode: "slow", BytesPerSecond: networkSpeed * bits / 8})
}

func (s *scene) takeBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	var errs []error
	for _, do := range slices.Backward(s.undone) {
		errs = append(errs, do(ctx))
	}
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
	err = f.inject(ctx, s)
	m.Victim = s.victim
	if err != nil {
		return m, err
	}
	return m, sleep(ctx, f.Hold)
}
