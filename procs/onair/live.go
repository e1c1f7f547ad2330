package onair

import (
	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// receiversOf returns the receivers that take in a signal; none for one that is not live.
func receiversOf(s platform.Snapshot, signal string) []platform.Process {
	if !s.IsLive(signal) {
		return nil
	}
	return s.OfRole(layouts.Receiver)
}
