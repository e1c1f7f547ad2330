package scene

import (
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// spareless is how long a spare may be missing before the screen says so.
const spareless = 5 * time.Second

// spare is since when no packager could take over; zero while one could.
type spare struct{ missing time.Time }

// next is the spare after a look at the platform.
func (a spare) next(s platform.Snapshot, now time.Time) spare {
	switch known := s.IngestsErr == "" && len(s.Details) > 0; {
	case !known:
	case s.OnAir.Spare || s.OnAir.State != platform.AirOn && s.OnAir.State != platform.AirOff && s.OnAir.State != platform.AirUnknown:
		a.missing = time.Time{}
	case a.missing.IsZero():
		a.missing = now
	}
	return a
}

// Lacks reports whether to say that nothing could take over.
func (a spare) Lacks(o platform.OnAir, now time.Time) bool {
	return !a.missing.IsZero() && now.Sub(a.missing) >= spareless && (o.State == platform.AirOn || o.State == platform.AirOff)
}

// mute reports whether nothing says now what is played from where.
func mute(s platform.Snapshot) bool {
	if s.IngestsErr != "" {
		return true
	}
	for _, p := range s.Processes {
		if p.Role == layouts.Origin && p.Works() {
			return false
		}
	}
	return true
}
