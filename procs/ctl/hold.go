package ctl

import (
	"context"

	"livestream-tui/procs/platform"
)

// hold plays every signal from one packager.
func hold(ctx context.Context, c call) (string, error) {
	if c.before.Held() == c.Name {
		return c.Name + " is held already", nil
	}
	return c.setHold(ctx, "held "+c.Name+": every signal is played from it until it fails")
}

// release ends a hold.
func release(ctx context.Context, c call) (string, error) {
	held := c.before.Held()
	if held == "" {
		return "nothing is held", nil
	}
	return c.setHold(ctx, "released "+held)
}

// setHold sends the command and waits until the origin shows the hold that the request asks
// for. message is the result.
func (c call) setHold(ctx context.Context, message string) (string, error) {
	if err := c.command(ctx); err != nil {
		return "", err
	}
	seen := false
	err := c.settle(ctx, func(now platform.Snapshot) bool {
		seen = now.Held() == c.Name
		return seen
	})
	if err == nil && !seen {
		message += "; the origin has not confirmed it yet"
	}
	return message, err
}
