package ctl

import (
	"context"
	"slices"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// hold plays a signal, or every signal, from one packager.
func hold(ctx context.Context, c call) (string, error) {
	list := c.preferences(c.before)
	other := slices.ContainsFunc(list, func(p report.Preference) bool { return !c.isHeld(c.before, p) })
	switch {
	case len(list) > 0 && !other:
		return c.Name + " is held already" + c.forSignal(), nil
	case c.Signal != "":
		return c.setHold(ctx, "held "+c.Name+c.forSignal()+": it is played from there until that fails")
	}
	return c.setHold(ctx, "held "+c.Name+": every signal is played from it until it fails")
}

// release ends a hold.
func release(ctx context.Context, c call) (string, error) {
	var held []string // the packagers that are held, each once
	for _, p := range c.preferences(c.before) {
		if name := c.before.Packager(p.Active); p.Held && !slices.Contains(held, name) {
			held = append(held, name)
		}
	}
	if len(held) == 0 {
		return "nothing is held" + c.forSignal(), nil
	}
	return c.setHold(ctx, "released "+strings.Join(held, ", ")+c.forSignal())
}

// setHold sends the command and waits until the origin shows the hold that the request asks
// for. message is the result.
func (c call) setHold(ctx context.Context, message string) (string, error) {
	if err := c.command(ctx); err != nil {
		return "", err
	}
	seen := false
	err := c.settle(ctx, func(now platform.Snapshot) bool {
		list := c.preferences(now)
		if seen = slices.ContainsFunc(list, func(p report.Preference) bool { return c.isHeld(now, p) }); c.Action == platform.Release {
			seen = !slices.ContainsFunc(list, func(p report.Preference) bool { return p.Held })
		}
		return seen
	})
	if err == nil && !seen {
		message += "; the origin has not confirmed it yet"
	}
	return message, err
}

// isHeld reports whether a signal is held at the packager that the request names.
func (c call) isHeld(s platform.Snapshot, p report.Preference) bool {
	return p.Held && s.Packager(p.Active) == c.Name
}

// forSignal names the signal of the request, empty when it is for every signal.
func (c call) forSignal() string {
	if c.Signal == "" {
		return ""
	}
	return " for " + c.Signal
}
