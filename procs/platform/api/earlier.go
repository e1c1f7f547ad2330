package api

import (
	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
)

// An upgrade leaves the supervisor as it is, so that a client may be of a later version
// than the platform that it talks to.

// isEarlier reports whether a snapshot is of a version that tells no roles. Such a platform
// derives neither packagers nor the light.
func isEarlier(s platform.Snapshot) bool {
	for _, p := range s.Processes {
		if p.Role == layouts.Other && layouts.RoleOf(p.Service) != layouts.Other {
			return true
		}
	}
	return false
}

// completed returns the snapshot of an earlier version with what this version derives.
func completed(s platform.Snapshot) platform.Snapshot {
	for i := range s.Processes {
		s.Processes[i].Role = layouts.RoleOf(s.Processes[i].Service)
	}
	for _, p := range s.Preferences {
		s.Actives = onair.UpdateActive(s.Actives, platform.ActiveAt{Signal: p.Signal, URL: p.Active, Time: s.At, By: platform.ByOrigin})
	}
	return onair.Complete(s)
}

// toEarlier returns a command as an earlier version understands it: there a hold of the
// packager that is held ends it.
func toEarlier(c platform.Command, last platform.Snapshot) platform.Command {
	if c.Action == platform.Release {
		return platform.Command{Process: last.Held(), Action: platform.Hold}
	}
	return c
}
