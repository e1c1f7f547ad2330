package preflight

import (
	"livestream-tui/procs/child"
	"livestream-tui/procs/guardian"
)

// OwnPlatform returns the pid of the supervisor of this run folder that holds a port, itself
// or by one of its processes; false when the port is free, or another's.
func OwnPlatform(runPath string, e Endpoint) (pid int, ok bool) {
	holder, _, ok := child.Holder(e.listens(), e.Port)
	if !ok {
		return 0, false
	}
	return guardian.Owner(runPath, holder)
}
