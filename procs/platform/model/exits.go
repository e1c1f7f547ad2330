package model

import (
	"time"

	"livestream-tui/procs/machine"
	"livestream-tui/procs/platform"
)

// flapWindow is how soon after another a process must end for both ends to be one: a
// process that has failed is tried once a minute.
const flapWindow = 90 * time.Second

// exits turns the states of processes into the ends that no one asked for. The zero value is
// ready for use.
type exits struct{ last map[string]ending }

// ending is the last end of a process that no one asked for.
type ending struct {
	incarnation, times int
	since, at          time.Time
}

// take takes a state of a process. It returns the end that the state tells of; false when
// there is none, or it is known.
func (x *exits) take(s platform.Status, now time.Time) (platform.Exit, bool) {
	was := x.last[s.Name]
	if !unexpected(s) || was.incarnation == s.Incarnation && was.times > 0 {
		return platform.Exit{}, false
	}
	is := ending{incarnation: s.Incarnation, times: 1, since: now, at: now}
	if was.times > 0 && now.Sub(was.at) <= flapWindow {
		is.times, is.since = was.times+1, was.since
	}
	if x.last == nil {
		x.last = map[string]ending{}
	}
	x.last[s.Name] = is
	return platform.Exit{
		Incarnation: s.Incarnation, State: s.State, Cause: s.Cause, Reason: s.Reason, Times: is.times, Since: is.since.Round(0),
	}, true
}

// unexpected reports whether a process is down although no operator asked for that.
func unexpected(s platform.Status) bool {
	switch s.State {
	case platform.Backoff, platform.Failed:
	case platform.Exited:
		if n := len(s.Exits); n > 0 && s.Exits[n-1].Exit == platform.ExitSuccess {
			return false // it was done
		}
	default:
		return false
	}
	switch s.Cause {
	case machine.CauseExit, machine.CauseConfiguration, machine.CauseNotStarted, machine.CauseStartTimeout, machine.CauseHung:
		return true
	}
	return false
}
