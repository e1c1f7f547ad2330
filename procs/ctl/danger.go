package ctl

import (
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
)

// MayTakeOffAir reports whether a verb can take the stream off air, so that an operator may
// have to confirm it.
func (v Verb) MayTakeOffAir() bool {
	switch v.Action {
	case platform.Kill, platform.Restart, platform.Stop, platform.Pause:
		return true
	}
	return false
}

// Effect says what the audience gets of a request that Danger warns of, as in "would take the
// stream off air".
func (r Request) Effect(s platform.Snapshot) string {
	if onair.Bridged(s, r.Name, r.Action) {
		return "would show players a slate"
	}
	return "would take the stream off air"
}

// Danger says why the audience would notice the request; empty when it would not.
func (r Request) Danger(s platform.Snapshot) string { return onair.Danger(s, r.Name, r.Action) }
