package ctl

import (
	"fmt"
	"strings"

	"livestream-tui/procs/platform"
)

// Only returns a snapshot with one process left in it. What is on air was judged by all of
// them, and stays as it is.
func Only(s platform.Snapshot, name string) (platform.Snapshot, error) {
	one, ok := s.Process(name)
	if !ok {
		return s, fmt.Errorf("status %q: allowed are %s", name, strings.Join(s.Names(platform.Kill), ", "))
	}
	s.Processes = []platform.Process{one}
	return s, nil
}
