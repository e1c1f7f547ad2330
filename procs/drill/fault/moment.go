package fault

import (
	"context"
	"time"

	"livestream-tui/procs/drill/poll"
)

// moment brings the platform to the moment at which a fault is injected.
type moment func(context.Context, *attempt) error

const (
	// networkSpeed is the speed of a packager, in multiples of that at which its signal
	// plays, where a transfer is to be in flight when a fault comes. Over loopback a
	// whole body is in the kernel's buffers at once, and then no fault of its sender can
	// reach it.
	networkSpeed = 3
	// pacedFor is how long a packager has that speed before the fault, so that the
	// requests that began earlier are over.
	pacedFor = time.Second
	// midBody is how long after a segment was listed its packager is killed.
	midBody = 150 * time.Millisecond
	// passSpeed is the speed of packagers where the proxy is to be in the middle of
	// passing a segment on, and passing how long after its listing that is: a body that
	// the proxy holds whole is delivered by the kernel even after its death.
	passSpeed = 1.5
	passing   = 900 * time.Millisecond
	// midBodyTries is how many segments to wait for until players have enough in flight.
	midBodyTries = 3
)

// paced makes the active packager send at the speed of a network.
func paced(ctx context.Context, a *attempt) error {
	if err := a.slowDown(ctx, a.active, networkSpeed); err != nil {
		return err
	}
	return poll.Sleep(ctx, pacedFor)
}

// allPaced makes every packager send at the speed of a network.
func allPaced(ctx context.Context, a *attempt) error {
	if err := a.slowDownAll(ctx, networkSpeed); err != nil {
		return err
	}
	return poll.Sleep(ctx, pacedFor)
}

// inMidBody waits until the active packager sends a segment that it has just listed.
func inMidBody(ctx context.Context, a *attempt) error {
	if err := a.slowDown(ctx, a.active, networkSpeed); err != nil {
		return err
	}
	return a.awaitBusyAfterListing(ctx, midBody)
}

// whilePassing waits until the proxy passes on a segment that it does not hold whole.
func whilePassing(ctx context.Context, a *attempt) error {
	if err := a.slowDownAll(ctx, passSpeed); err != nil {
		return err
	}
	return a.awaitBusyAfterListing(ctx, passing)
}

// afterSegment waits until the active packager lists a new segment, when players hold the
// most. Without an encoder for three seconds from the worst moment on, the buffer of a
// plain HLS player runs out, whatever a proxy does.
func afterSegment(ctx context.Context, a *attempt) error { return a.target.awaitSegment(ctx, a.active) }

func (a *attempt) slowDownAll(ctx context.Context, speed float64) error {
	list, err := a.target.packagers(ctx)
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := a.slowDown(ctx, p.Name, speed); err != nil {
			return err
		}
	}
	return nil
}

// awaitBusyAfterListing waits until players have enough in flight that long after the
// active packager has listed a segment.
func (a *attempt) awaitBusyAfterListing(ctx context.Context, after time.Duration) error {
	for range midBodyTries {
		if err := a.target.awaitSegment(ctx, a.active); err != nil {
			return err
		}
		if err := poll.Sleep(ctx, after); err != nil {
			return err
		}
		if a.target.busy() {
			break
		}
	}
	return nil
}
