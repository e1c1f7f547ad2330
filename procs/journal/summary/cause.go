package summary

import (
	"sort"
	"time"

	"livestream-tui/procs/platform"
)

// causeWindow is how long before the beginning of an outage its cause may lie: players hold
// media for this long at most.
const causeWindow = 30 * time.Second

// cause is something that may take a signal off air: a command that was accepted, or an end
// of a process that no one asked for.
type cause struct {
	at      time.Time
	planned bool
	words   string
}

// causeOf returns what an event may cause; false for one that takes nothing off air.
func causeOf(e platform.Event) (cause, bool) {
	switch what := e.What.(type) {
	case platform.Commanded:
		switch what.Action {
		case platform.Start, platform.Resume, platform.Release, platform.NoteDrill:
			return cause{}, false
		}
		if what.Refused != "" || what.Action == platform.SetFault && what.Fault == "none" {
			return cause{}, false
		}
		return cause{e.Time, true, what.String() + " (" + what.By.String() + ")"}, true
	case platform.Exit:
		return cause{e.Time, false, e.Process + " " + what.String(e.Time)}, true
	}
	return cause{}, false
}

// causeAt returns the latest cause before a time; false when there is none that is near
// enough. causes are in order of time.
func causeAt(causes []cause, at time.Time) (cause, bool) {
	later := sort.Search(len(causes), func(i int) bool { return causes[i].at.After(at) })
	if later == 0 || at.Sub(causes[later-1].at) > causeWindow {
		return cause{}, false
	}
	return causes[later-1], true
}
