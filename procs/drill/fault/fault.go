package fault

import (
	"context"
	"errors"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/poll"
)

// TargetDuration is that of the signals of the platform's own workers.
const TargetDuration = 2 * time.Second

// Fault is one thing that a drill makes go wrong.
type Fault struct {
	// Name is what an operator types, About says in one line what happens.
	Name, About string
	// Proves is the heading of the case in docs/FAILURES.md that it proves.
	Proves string
	// Hold is how long the fault lasts once it is injected.
	Hold time.Duration
	// NoSource is how long there is no source of new segments: no packager, or no
	// encoder. A playlist may stand still for that much longer.
	NoSource time.Duration
	// More says that only a drill of all faults, or one that names it, injects it.
	More bool
	// Own says that it is injected only on a platform of the drill's own.
	Own bool
	// Live says that only a platform with live signals can have it, Engine that only one with
	// an engine can.
	Live, Engine bool

	hits victims
	// prepare brings the platform to the moment of the fault; nil when any moment is.
	prepare moment
	inject  act
}

// Random is a fault that a soak injects into one process, for a random time.
type Random struct {
	// Name and About are as in Fault, but About lacks its subject, the process.
	Name, About string
	// Roles are those of the processes that it may hit.
	Roles []layouts.Role
	// Least and Most bound how long it lasts; zero for a fault that is over at once.
	Least, Most time.Duration

	inject act
}

// act injects a fault into one process, and passes to attempt.undo how to undo it.
// process is empty for a fault of the whole platform.
type act func(ctx context.Context, a *attempt, process string) error

// Injected describes a fault that was injected and undone.
type Injected struct {
	// Victim is the process that it hit, or several in words.
	Victim string
	// At is when it was injected, Over when it was undone.
	At, Over time.Time
	// Deaths are the times at which the proxy was killed: the transfers under way then
	// broke off.
	Deaths []Span
}

// Span is a period of time.
type Span struct{ From, To time.Time }

// UnavailableError says why a fault cannot be injected on this machine or this platform.
// It is no verdict.
type UnavailableError struct{ Reason string }

func (e *UnavailableError) Error() string { return e.Reason }

// ComeBack is how long a packager or an encoder may take after its death until it serves
// new segments again.
const ComeBack = 2 * time.Second

// Inject injects the fault, holds it and undoes it, also when ctx is cancelled meanwhile.
// The error says what could not be done. It is no verdict.
func (f Fault) Inject(ctx context.Context, t Target) (in Injected, err error) {
	a := &attempt{target: t}
	if a.active, err = t.active(ctx); err != nil {
		return in, err
	}
	a.victim = a.active
	defer func() { in.Victim, in.Deaths = a.victim, a.deaths }()
	now, err := t.Platform.Snapshot(ctx)
	if err != nil {
		return in, err
	}
	words, processes, err := f.hits(now, a.active)
	if err != nil {
		return in, err
	}
	a.victim = words
	defer func() {
		err = errors.Join(err, a.takeBack(ctx))
		in.Over = time.Now()
	}()
	if f.prepare != nil {
		if err := f.prepare(ctx, a); err != nil {
			return in, err
		}
	}
	if err := t.awaitMoment(ctx); err != nil {
		return in, err
	}
	in.At = time.Now()
	for _, p := range processes {
		if err := f.inject(ctx, a, p); err != nil {
			return in, err
		}
	}
	return in, poll.Sleep(ctx, f.Hold)
}

// Inject injects the fault into a process, holds it and undoes it, also when ctx is
// cancelled meanwhile. onDeath is called as soon as the proxy is killed.
func (r Random) Inject(ctx context.Context, t Target, process string, hold time.Duration, onDeath func(Span)) (Injected, error) {
	a := &attempt{target: t, victim: process, active: process, onDeath: onDeath}
	in := Injected{At: time.Now()}
	err := r.inject(ctx, a, process)
	if err == nil {
		err = poll.Sleep(ctx, hold)
	}
	err = errors.Join(err, a.takeBack(ctx))
	in.Victim, in.Deaths, in.Over = a.victim, a.deaths, time.Now()
	return in, err
}
