package fault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/encoder"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/httpx"
)

// Target is a live platform into which faults are injected. Safe for concurrent use.
type Target struct {
	Platform platform.Platform
	// Signal is the signal that players watch.
	Signal string
	// Bitrate is the signal's in bits a second; zero means a million.
	Bitrate int64
	// Busy reports whether enough transfers are in flight for a fault. A fault waits a
	// little for such a moment. Nil means that any moment will do.
	Busy func() bool
	// Active returns the name of the packager that serves players. It is nil for the
	// platform's own proxy, whose active packager is in the snapshot.
	Active func(context.Context) (string, error)
	// Client fetches from packagers; nil means http.DefaultClient.
	Client *http.Client
	// Disk is a small disk of the drill's own that holds what the encoder writes; empty
	// when there is none.
	Disk string
	// State is the platform's STATE_PATH; empty where that is not the drill's own.
	State string
	// Crew are the encoders of the live signals; nil where they are not the drill's own, or
	// there is no live signal.
	Crew *encoder.Crew
}

const (
	answerWithin = 2 * time.Second
	answerMost   = 1 << 20
	// readyWithin is how long a process that was killed may take to be ready again.
	readyWithin = 10 * time.Second
	// busyWithin is how long to wait until enough is in flight: at worst players are in
	// step, and such a moment comes once in each target duration.
	busyWithin = 2 * TargetDuration
)

// byDrill returns the source of every command of a drill.
func byDrill() platform.Actor { return platform.Actor{Via: platform.ViaDrill} }

func (t Target) process(ctx context.Context, name string) (platform.Process, error) {
	s, err := t.Platform.Snapshot(ctx)
	if err != nil {
		return platform.Process{}, err
	}
	p, ok := s.Process(name)
	if !ok {
		return p, fmt.Errorf("no process %q", name)
	}
	return p, nil
}

// packagers are the platform's, in the order of the layout.
func (t Target) packagers(ctx context.Context) ([]platform.Process, error) {
	s, err := t.Platform.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	list := s.OfRole(layouts.Packager)
	if len(list) == 0 {
		return nil, errors.New("this layout has no packager")
	}
	return list, nil
}

// active is the name of the packager that serves players, or of the first one while that
// is not known.
func (t Target) active(ctx context.Context) (string, error) {
	if t.Active != nil {
		return t.Active(ctx)
	}
	list, err := t.packagers(ctx)
	if err != nil {
		return "", err
	}
	s, err := t.Platform.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	if p, known := s.Active(t.Signal); known && p.Ours {
		return p.Name, nil
	}
	return list[0].Name, nil
}

func (t Target) busy() bool { return t.Busy == nil || t.Busy() }

// awaitMoment waits until enough is in flight. It is no error when that does not come: the
// verdict counts what was in flight.
func (t Target) awaitMoment(ctx context.Context) error {
	_ = poll.Until(ctx, busyWithin, func() error {
		if !t.busy() {
			return errors.New("too little is in flight")
		}
		return nil
	})
	return ctx.Err()
}

func (t Target) command(ctx context.Context, process string, a platform.Action) error {
	if err := t.Platform.Command(ctx, platform.Command{Process: process, Action: a, By: byDrill()}); err != nil {
		return fmt.Errorf("%s %s: %w", a, process, err)
	}
	return nil
}

// commandAndAwait does something that ends a process's incarnation, and waits until the
// next one is ready.
func (t Target) commandAndAwait(ctx context.Context, process string, a platform.Action) error {
	old, err := t.process(ctx, process)
	if err != nil {
		return err
	}
	if err := t.command(ctx, process, a); err != nil {
		return err
	}
	return t.awaitNext(ctx, process, old.Incarnation)
}

// awaitNext waits until another incarnation of a process than old is ready.
func (t Target) awaitNext(ctx context.Context, process string, old int) error {
	return poll.Until(ctx, readyWithin, func() error {
		p, err := t.process(ctx, process)
		if err == nil && (p.State != platform.Ready || p.Incarnation == old) {
			err = fmt.Errorf("%s is %s: %s", process, p.State, p.Reason)
		}
		return err
	})
}

// awaitSegment waits until a packager lists a new segment.
func (t Target) awaitSegment(ctx context.Context, packager string) error {
	p, err := t.process(ctx, packager)
	if err != nil {
		return err
	}
	address := p.URL() + "/" + url.PathEscape(t.Signal) + "/playlist.m3u8"
	before, err := t.fetch(ctx, address)
	if err != nil {
		return err
	}
	return poll.Until(ctx, readyWithin, func() error {
		now, err := t.fetch(ctx, address)
		if err == nil && bytes.Equal(now, before) {
			err = fmt.Errorf("%s: nothing new", address)
		}
		return err
	})
}

// fetch returns the body of a URL whose status is 200.
func (t Target) fetch(ctx context.Context, address string) ([]byte, error) {
	client := t.Client
	if client == nil {
		client = http.DefaultClient
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	a, err := httpx.Get(ctx, client, address, answerMost)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return a.Body, nil
}
