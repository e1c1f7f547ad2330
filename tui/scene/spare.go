package scene

import (
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
)

// spareGrace is how long a spare may be missing before the screen says so.
const spareGrace = 5 * time.Second

// spare knows since when no packager could take over; zero means that one could.
type spare struct{ missing time.Time }

// next returns the spare after another snapshot.
func (a spare) next(s platform.Snapshot, now time.Time) spare {
	switch known := s.IngestsErr == "" && len(s.Details) > 0; {
	case !known:
	case s.OnAir.Spare || s.OnAir.State != platform.AirOn && s.OnAir.State != platform.AirOffSoon && s.OnAir.State != platform.AirOff && s.OnAir.State != platform.AirUnknown:
		a.missing = time.Time{}
	case a.missing.IsZero():
		a.missing = now
	}
	return a
}

// remembered returns the spare with what the platform's past says: a dashboard that was just
// opened need not wait.
func (a spare) remembered(past series.History) spare {
	if n := len(past.Spares); n > 0 && !a.missing.IsZero() && past.Spares[n-1].State == series.SpareMissing && past.Spares[n-1].At.Before(a.missing) {
		a.missing = past.Spares[n-1].At
	}
	return a
}

// lacks reports whether to say that no packager could take over.
func (a spare) lacks(o platform.OnAir, now time.Time) bool {
	return !a.missing.IsZero() && now.Sub(a.missing) >= spareGrace && (o.State == platform.AirOn || o.State == platform.AirOff)
}
