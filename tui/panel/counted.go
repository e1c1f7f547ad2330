package panel

import (
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/scene"
)

// countedFailovers returns the failovers since each signal was first on air: before that,
// the proxy has only found out whom to play from. Without a viewer nobody says when that was,
// and all count.
func countedFailovers(s *scene.Scene) []platform.FailoverAt {
	if !s.Snapshot.Watched() {
		return s.Snapshot.Failovers
	}
	first := map[string]time.Time{}
	for _, v := range s.Snapshot.Viewings {
		showed := !v.Shown.IsZero() || v.State == event.ViewPlaying || v.State == event.ViewStalled
		if at, known := first[v.Signal]; showed && (!known || v.Shown.Before(at)) {
			first[v.Signal] = v.Shown // zero, and so before everything, where only that is not known
		}
	}
	var list []platform.FailoverAt
	for _, f := range s.Snapshot.Failovers {
		if at, known := first[f.Signal]; known && !f.Time.Before(at) {
			list = append(list, f)
		}
	}
	return list
}
