package webhook

import (
	"fmt"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// slatePatience is how long a slate may be on air: an encoder that connects anew takes a
// moment.
const slatePatience = 5 * time.Second

// slateOn finds the live signals whose slate is on air.
func slateOn(s platform.Snapshot) []finding {
	var list []finding
	for _, l := range s.LiveSignals {
		if !l.ShowsSlate() {
			continue
		}
		var states []string
		for _, in := range l.Inputs {
			states = append(states, in.Name+" "+string(in.State))
		}
		f := finding{signal: l.Name, text: "slate on air: no input of " + l.Name + " gives anything: " + strings.Join(states, ", ")}
		if l.Since != nil {
			f.since = *l.Since
		}
		list = append(list, f)
	}
	return list
}

// slateOff is the end of a slate.
func slateOff(s platform.Snapshot, was finding, after time.Duration) (string, bool) {
	l, _ := s.LiveSignal(was.signal) // isKnown has found it
	return fmt.Sprintf("slate off air: %s shows %s again after %s", was.signal, l.Source, text.Brief(after)), false
}

// liveLost finds the inputs of live signals that were there before and cannot be shown.
func liveLost(s platform.Snapshot) []finding {
	var list []finding
	for _, l := range s.LiveSignals {
		for _, in := range l.Inputs {
			if !in.State.IsFault() {
				continue
			}
			words := fmt.Sprintf("live input lost: %s of %s is %s", in.Name, l.Name, in.State)
			switch {
			case l.ShowsSlate():
				words += "; the slate is on air"
			case l.Source != "" && !in.OnAir:
				words += "; " + l.Source + " is on air"
				if l.Spares() == 0 {
					words += ", no spare"
				}
			}
			list = append(list, finding{signal: l.Name, subject: in.Name, since: in.Since, text: words})
		}
	}
	return list
}

// liveBack is the end of the loss of an input.
func liveBack(_ platform.Snapshot, was finding, after time.Duration) (string, bool) {
	return fmt.Sprintf("live input back: %s of %s after %s", was.subject, was.signal, text.Brief(after)), false
}

// isKnown reports whether a receiver says how a live signal is: while none answers, nothing
// about it is over.
func isKnown(s platform.Snapshot, was finding) bool {
	_, known := s.LiveSignal(was.signal)
	return known
}
