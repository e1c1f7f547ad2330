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

// Danger says why the request would take a signal off air; empty when it would not.
func (r Request) Danger(s platform.Snapshot) string { return onair.Danger(s, r.Name, r.Action) }
