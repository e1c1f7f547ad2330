package onair

import (
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// Complete returns the snapshot with what follows from its facts: Packagers, and OnAir at
// its time.
func Complete(s platform.Snapshot) platform.Snapshot {
	s.Packagers = packagers(s)
	s.OnAir = Light(s)
	return s
}

// Light returns the light at the snapshot's time. Packagers must be filled in.
func Light(s platform.Snapshot) platform.OnAir {
	o := platform.OnAir{Signals: lights(s)}
	o.State, o.Reason = worst(s, o)
	o.LastOutage, o.LastHour = lastOutage(s), lastHour(s, o)
	for _, l := range o.InState(o.State) {
		began := l.Since
		if l.Outage != nil {
			began = l.Outage.Since
		}
		if o.Since.IsZero() || !began.IsZero() && began.Before(o.Since) {
			o.Since = began
		}
	}
	o.Spare = len(s.Details) > 0
	due := map[string]bool{}
	for i := range o.Signals {
		due[o.Signals[i].Signal] = o.Signals[i].Due
	}
	for _, d := range s.Details {
		expected, lit := due[d.Signal]
		if usable, _ := s.Usable(d.Signal); usable < 2 && (expected || !lit) {
			o.Spare = false
		}
	}
	return o
}

// Unreachable returns the light of a platform that does not answer; err is why. It is that
// of the last snapshot for as long as a report counts, and unknown after that.
func Unreachable(last platform.Snapshot, now time.Time, err error) platform.OnAir {
	o := last.OnAir
	if now.Sub(last.At) <= Silence || o.State == platform.AirStopping {
		return o
	}
	o.State, o.Reason, o.Since = platform.AirUnknown, err.Error(), last.At
	o.Signals = slices.Clone(o.Signals)
	for i := range o.Signals {
		if l := &o.Signals[i]; l.State != platform.AirEnded {
			*l = platform.SignalAir{Signal: l.Signal, State: platform.AirUnknown, Reason: err.Error(), Since: last.At, Due: l.Due, LastSegment: l.LastSegment}
		}
	}
	return o
}

// worst returns the platform's state, which is the worst of the signals that are due, and
// its reason.
func worst(s platform.Snapshot, o platform.OnAir) (platform.AirState, string) {
	if s.Stopping {
		return platform.AirStopping, "the platform is stopping"
	}
	if !s.Watched() && s.PlayURL == "" {
		return platform.AirUnknown, "this layout has neither a viewer nor a proxy"
	}
	if len(s.Viewings) == 0 && len(o.InState(platform.AirStarting)) > 0 {
		return platform.AirStarting, unready(s, o)
	}
	for _, state := range []platform.AirState{platform.AirOff, platform.AirOffSoon, platform.AirUnknown, platform.AirStarting} {
		var reasons []string
		for _, l := range o.InState(state) {
			reasons = append(reasons, l.Reason)
		}
		if len(reasons) > 0 {
			return state, strings.Join(reasons, ", ")
		}
	}
	if on, _ := o.Count(); on > 0 {
		return platform.AirOn, ""
	}
	if len(o.Signals) > 0 && !slices.ContainsFunc(o.Signals, func(l platform.SignalAir) bool { return l.State != platform.AirEnded }) {
		return platform.AirEnded, "every signal has ended"
	}
	if len(o.Signals) > 0 && isReady(s) {
		return platform.AirStarting, text.Because(o.Signals[0].Signal, o.Signals[0].Reason)
	}
	return platform.AirStarting, unready(s, o)
}

func isReady(s platform.Snapshot) bool {
	return !slices.ContainsFunc(s.Processes, func(p platform.Process) bool { return p.IsOwn() && p.State != platform.Ready })
}

// unready says what a platform that has shown nothing waits for.
func unready(s platform.Snapshot, o platform.OnAir) string {
	var names []string
	for _, p := range s.Processes {
		if p.IsOwn() && p.State != platform.Ready {
			names = append(names, p.Name)
		}
	}
	switch {
	case len(names) > 0:
	case s.Watched():
		return "no viewer has reported yet"
	case len(o.Signals) == 0:
		return "no signal is known yet"
	default:
		return "no playlist has been seen yet"
	}
	return "not ready yet: " + strings.Join(names, ", ")
}
