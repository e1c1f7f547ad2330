package summary

import (
	"maps"
	"slices"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// Named returns events, which are in order of time, with the names of packagers in the place
// of their URLs, as far as the platform of the time had named them.
func Named(events []platform.Event) []platform.Event {
	events = slices.Clone(events)
	byMachine, names := map[string]map[string]string{}, map[string]string{}
	for i, e := range events {
		switch what := e.What.(type) {
		case platform.Started:
			byMachine[e.Machine] = what.Packagers
			names = map[string]string{}
			for _, some := range byMachine {
				maps.Copy(names, some)
			}
		case event.Failover:
			what.From, what.To = nameOf(names, what.From), nameOf(names, what.To)
			for url, name := range names {
				what.Cause = strings.ReplaceAll(what.Cause, url, name)
			}
			events[i].What = what
		}
	}
	return events
}

func nameOf(names map[string]string, url string) string {
	if name, known := names[url]; known {
		return name
	}
	return url
}
