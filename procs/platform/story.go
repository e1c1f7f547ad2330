package platform

import (
	"cmp"
	"slices"
	"time"
)

// sameFor is for how long several machines that say the same mean the same: one whose own
// engine is away doubts for longer than the others that a machine is not heard.
const sameFor = 10 * time.Second

// told is what one or several machines have said.
type told struct {
	first time.Time
	by    []string
	// kept is the place of the event that stays: that of the machine whose name comes first.
	kept int
}

// OneStory returns the events of the journals of several machines as one: in order of time,
// and what several machines say, once. All that hear a machine notice its silence. Which
// machine is quoted then does not depend on who reads: own is the name of the machine whose
// events have none.
func OneStory(own string, journals ...[]Event) []Event {
	list := slices.Concat(journals...)
	slices.SortStableFunc(list, func(a, b Event) int { return a.Time.Compare(b.Time) })
	latest := map[string]*told{}
	dropped := make([]bool, len(list))
	for i, e := range list {
		l := e.Log()
		if l == nil || e.Process != "" {
			continue
		}
		machine := cmp.Or(e.Machine, own)
		was := latest[l.Message]
		if was == nil || e.Time.Sub(was.first) > sameFor || slices.Contains(was.by, machine) {
			latest[l.Message] = &told{e.Time, []string{machine}, i}
			continue
		}
		if machine < slices.Min(was.by) {
			i, was.kept = was.kept, i
		}
		was.by = append(was.by, machine)
		dropped[i] = true
	}
	kept := list[:0]
	for i, e := range list {
		if !dropped[i] {
			kept = append(kept, e)
		}
	}
	return kept
}
