package drill

import (
	"context"

	"livestream-tui/procs/platform"
)

func isReady(p platform.Process) bool { return p.State == platform.Ready }

// latest is the newest snapshot that is known.
func latest(p platform.Platform) platform.Snapshot {
	s, _ := p.Snapshot(context.Background())
	return s
}
