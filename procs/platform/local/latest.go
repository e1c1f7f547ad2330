package local

import (
	"time"

	"livestream-tui/procs/platform"
)

// figuresPeriod is how old the figures in a snapshot may be, and what follows from the time
// alone. With a hundred signals there is a new figure every few milliseconds, and each
// snapshot costs its making here, and its way to each client.
const figuresPeriod = 500 * time.Millisecond

// latest is the snapshot that clients are given.
type latest struct {
	snapshot platform.Snapshot
	told     uint64 // the model's, when it was made
	made     time.Time
}

// recent returns the snapshot for clients: that of now, or the one before it where at most
// figures have changed since a moment ago. Needs mu.
func (l *Local) recent() platform.Snapshot {
	now, told := time.Now(), l.model.Told()
	if age := now.Sub(l.latest.made); l.latest.made.IsZero() || l.latest.told != told || age < 0 || age >= figuresPeriod {
		l.latest = latest{l.snapshot(), told, now}
	}
	s := l.latest.snapshot
	s.LogSeq = l.lines.newest()
	return s
}
