package control

import "slices"

// merged is the mode of a playlist for which a failover does not show.
const merged = "merged"

// serving takes the proxy's word on how a playlist is served. What was merged from the
// start, and what has nothing to merge, is nobody's concern. Needs mu.
func (l *Local) serving(v ServingAt) {
	i := slices.IndexFunc(l.now.Degraded, func(o ServingAt) bool { return o.Process == v.Process && o.Playlist == v.Playlist })
	if i < 0 && !v.Degraded {
		return
	}
	list, before := slices.Clone(l.now.Degraded), ""
	if i >= 0 {
		before = list[i].Mode
		list = slices.Delete(list, i, i+1)
	}
	if v.Degraded {
		list = append(list, v)
	}
	l.now.Degraded = list[max(0, len(list)-servingMost):]
	l.now.Version++
	if v.Mode != before && (v.Degraded || v.Mode == merged) {
		list := append(slices.Clone(l.now.ServingChanges), v)
		l.now.ServingChanges = list[max(0, len(list)-servingMost):]
		l.publish(Event{Time: v.Time, Process: v.Process, Serving: &v.Serving})
	}
}

// lived is list without what an incarnation told that is no more: the one that runs
// tells what is so.
func lived(list []ServingAt, s Status) []ServingAt {
	gone := func(v ServingAt) bool { return v.Process == s.Name && (s.PID == 0 || v.Time.Before(s.Started)) }
	if !slices.ContainsFunc(list, gone) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), gone)
}
