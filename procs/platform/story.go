package platform

import (
	"slices"
	"time"
)

// sameFor is for how long two machines that say the same mean the same.
const sameFor = 5 * time.Second

// OneStory returns the events of the journals of several machines as one: in order of time,
// and without what another machine has said already. All that hear a machine notice its
// silence.
func OneStory(journals ...[]Event) []Event {
	list := slices.Concat(journals...)
	slices.SortStableFunc(list, func(a, b Event) int { return a.Time.Compare(b.Time) })
	type said struct {
		at      time.Time
		machine string
	}
	latest := map[string]said{}
	return slices.DeleteFunc(list, func(e Event) bool {
		l := e.Log()
		if l == nil || e.Process != "" {
			return false
		}
		was, known := latest[l.Message]
		if known && was.machine != e.Machine && e.Time.Sub(was.at) <= sameFor {
			return true
		}
		latest[l.Message] = said{e.Time, e.Machine}
		return false
	})
}
