package ctl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
)

// InputsOf returns what a live signal can be switched to: its inputs, and auto; nil where
// there is none of that name.
func InputsOf(s platform.Snapshot, signal string) []string {
	l, known := s.LiveSignal(signal)
	if !known {
		return nil
	}
	var names []string
	for _, in := range l.Inputs {
		names = append(names, in.Name)
	}
	return append(names, signals.AutoInput)
}

// LiveNames returns the names of the live signals.
func LiveNames(s platform.Snapshot) []string {
	var names []string
	for _, l := range s.LiveSignals {
		names = append(names, l.Name)
	}
	return names
}

// TakesInput reports whether a verb is for an input of a live signal.
func (v Verb) TakesInput() bool { return v.Action == platform.SwitchInput }

// CheckInput refuses a signal that is not live and an input that it does not have, and lists
// what is allowed.
func (v Verb) CheckInput(s platform.Snapshot, signal, input string) error {
	names, inputs := LiveNames(s), InputsOf(s, signal)
	switch {
	case !v.TakesInput():
		return nil
	case len(names) == 0:
		return fmt.Errorf("%s: no live signal is known: this layout has none, or its receiver does not answer", v.Name)
	case signal == "":
		return fmt.Errorf("%s needs a signal and an input: allowed signals are %s", v.Name, strings.Join(names, ", "))
	case inputs == nil:
		return fmt.Errorf("%s of signal %q: allowed are %s", v.Name, signal, strings.Join(names, ", "))
	case input == "":
		return fmt.Errorf("%s of %s needs an input: allowed are %s", v.Name, signal, strings.Join(inputs, ", "))
	case !slices.Contains(inputs, input):
		return fmt.Errorf("%s %q of %s: allowed are %s", v.Name, input, signal, strings.Join(inputs, ", "))
	}
	return nil
}

// switchInput shows an input of a live signal, or leaves the choice to the receiver again.
func switchInput(ctx context.Context, c call) (string, error) {
	was, _ := c.before.LiveSignal(c.Signal) // CheckInput has accepted the name
	if c.Input == signals.AutoInput {
		return c.automatic(ctx, was)
	}
	if err := c.command(ctx); err != nil {
		return "", err
	}
	var now signals.Status
	err := c.settle(ctx, func(s platform.Snapshot) bool {
		now, _ = s.LiveSignal(c.Signal)
		return now.Pinned == c.Input && (now.Source == c.Input || stateOf(now, c.Input) != signals.Good)
	})
	switch state := stateOf(now, c.Input); {
	case err != nil:
		return "", err
	case now.Pinned != c.Input:
		return "asked for " + c.Input + "; the receiver has not confirmed it yet", nil
	case now.Source == c.Input && was.Source == c.Input:
		return c.Input + " stays on air for " + c.Signal + " until it is lost", nil
	case now.Source == c.Input:
		return c.Input + " is on air for " + c.Signal + c.gap(ctx), nil
	case state == signals.Good:
		return c.Input + " is chosen for " + c.Signal + ": it comes on air at its next key frame", nil
	default:
		return fmt.Sprintf("%s is chosen for %s: it is %s, and comes on air once it is good", c.Input, c.Signal, state), nil
	}
}

// automatic leaves the choice to the receiver.
func (c call) automatic(ctx context.Context, was signals.Status) (string, error) {
	if was.Pinned == "" {
		return c.Signal + " chooses its input by itself already", nil
	}
	if err := c.command(ctx); err != nil {
		return "", err
	}
	confirmed := false
	err := c.settle(ctx, func(s platform.Snapshot) bool {
		now, _ := s.LiveSignal(c.Signal)
		confirmed = now.Pinned == ""
		return confirmed
	})
	if err == nil && !confirmed {
		return "asked for the automatic choice; the receiver has not confirmed it yet", nil
	}
	return c.Signal + " chooses its input by itself again", err
}

// stateOf returns the state of an input; empty where there is none of that name.
func stateOf(l signals.Status, input string) signals.State {
	for _, in := range l.Inputs {
		if in.Name == input {
			return in.State
		}
	}
	return ""
}

// gap says how long the picture stood still at the switch; empty while that is not known.
func (c call) gap(ctx context.Context) string {
	known := len(c.before.InputChanges)
	var last platform.InputAt
	if known > 0 {
		last = c.before.InputChanges[known-1]
	}
	for _, i := range slices.Backward(c.latest(ctx).InputChanges) {
		if known > 0 && !i.Time.After(last.Time) {
			break
		}
		if i.Signal == c.Signal && i.Change == event.InputSwitched && i.Input.Input == c.Input {
			if i.GapMS > 0 {
				return fmt.Sprintf(": the picture stood still for %.0f ms, %d frames", i.GapMS, i.Frames)
			}
			return ", without a gap"
		}
	}
	return ""
}
