package model

import (
	"slices"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// serving takes the proxy's word on how a playlist is served. What was merged from the
// start, and what has nothing to merge, is nobody's concern.
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
	m.Now.Degraded = list[max(0, len(list)-ServingMost):]
	m.Now.Version++
	if v.Mode != before && (v.Degraded || v.Mode == event.ServingMerged) {
		list := append(slices.Clone(m.Now.ServingChanges), v)
		m.Now.ServingChanges = list[max(0, len(list)-ServingMost):]
		m.publish(platform.Event{Time: v.Time, Process: v.Process, What: v.Serving})
	}
}

// lived is list without what an incarnation told that is no more: the one that runs
// tells what is so.
func lived(list []platform.ServingAt, s platform.Status) []platform.ServingAt {
	gone := func(v platform.ServingAt) bool {
		return v.Process == s.Name && (s.PID == 0 || v.Time.Before(s.Started))
	}
	if !slices.ContainsFunc(list, gone) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), gone)
}
