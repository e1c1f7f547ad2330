package procs

import "livestream-tui/procs/child"

// Holder tells which process listens on a TCP port; false when none does that we
// may see.
func Holder(port int) (pid int, command string, ok bool) { return child.Holder(port) }
