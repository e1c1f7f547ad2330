package model

import (
	"slices"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// serving takes the proxy's report on how a playlist is served. Playlists that were merged
// from the start, and those without anything to merge, are not kept.
func (m *Model) serving(v platform.ServingAt) {
	i := slices.IndexFunc(m.Now.Degraded, func(o platform.ServingAt) bool { return o.Process == v.Process && o.Playlist == v.Playlist })
	if i < 0 && !v.Degraded {
		return
	}
	list, before := slices.Clone(m.Now.Degraded), event.ServingMode("")
	if i >= 0 {
		before = list[i].Mode
		list = slices.Delete(list, i, i+1)
	}
	if v.Degraded {
		list = append(list, v)
	}
	m.Now.Degraded = newest(list, ServingMost)
	m.Now.Version++
	if v.Mode != before && (v.Degraded || v.Mode == event.ServingMerged) {
		m.Now.ServingChanges = newest(append(slices.Clone(m.Now.ServingChanges), v), ServingMost)
		m.publish(platform.Event{Time: v.Time, Process: v.Process, What: v.Serving})
	}
}

// servingLeft returns list without the reports of incarnations that no longer run: the
// current incarnation reports again.
func servingLeft(list []platform.ServingAt, s platform.Status) []platform.ServingAt {
	return without(list, func(v platform.ServingAt) bool {
		return v.Process == s.Name && (s.PID == 0 || v.Time.Before(s.Started))
	})
}
