package ctl

import (
	"context"
	"time"

	"livestream-tui/procs/platform"
)

const (
	// originPatience is how long the effect of a request to the origin may take to show.
	originPatience = 5 * time.Second
	settlePoll     = 100 * time.Millisecond
	// waitLook is how often a wait looks at the platform without an event.
	waitLook = time.Second
)

// Do carries out a request and returns its result. The error is a *platform.Outcome with
// NeverReady when a process did not become ready in time.
func Do(ctx context.Context, p platform.Platform, r Request) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	snapshot, events, err := p.Subscribe(ctx)
	if err != nil {
		return Result{}, err
	}
	message, err := r.do(ctx, call{Request: r, platform: p, before: snapshot, events: events, began: time.Now()})
	if err != nil {
		return Result{}, err
	}
	result := Result{Action: r.Verb.Name, Message: message}
	if r.Process {
		now, err := p.Snapshot(ctx)
		if err != nil {
			return Result{}, err
		}
		if process, ok := now.Process(r.Name); ok {
			result.Process = &process
		}
	}
	return result, nil
}

// call is a request that is being carried out.
type call struct {
	Request
	platform platform.Platform
	before   platform.Snapshot     // before the command
	events   <-chan platform.Event // after it
	began    time.Time
}

// command sends the verb's command.
func (c call) command(ctx context.Context) error {
	seen, _ := c.before.Process(c.Name)
	incarnation := 0
	if !seen.IsOwn() {
		incarnation = seen.Incarnation
	}
	return c.platform.Command(ctx, platform.Command{Process: c.Name, Action: c.Action, Signal: c.Signal, Input: c.Input, Machine: c.Machine, Incarnation: incarnation, By: platform.Actor{Via: platform.ViaCtl}})
}

// latest returns the latest snapshot that is known. The events end when the platform is
// lost.
func (c call) latest(ctx context.Context) platform.Snapshot {
	s, _ := c.platform.Snapshot(ctx)
	return s
}

// settle waits until seen returns true for a snapshot, at most for originPatience.
func (c call) settle(ctx context.Context, seen func(platform.Snapshot) bool) error {
	for end := time.Now().Add(originPatience); !seen(c.latest(ctx)) && time.Now().Before(end); {
		select {
		case <-time.After(settlePoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
