package metrics

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
)

// shown is an event that a source is on air from s seconds on.
func shown(s float64, from, to, reason string) platform.Event {
	return platform.Event{Time: at(s), Process: "receiver", What: event.Input{Signal: "stage", Change: event.InputSwitched, From: from, Input: to, Reason: reason}}
}

func TestTheTimeOfASlateAndTheSwitchesAreCounted(t *testing.T) {
	lost := platform.Event{Time: at(1), What: event.Input{Signal: "stage", Change: event.InputLost, Input: "backup"}}
	since := at(-4)
	for name, c := range map[string]struct {
		before platform.Snapshot
		events []platform.Event
		slate  time.Duration
		causes map[string]int
	}{
		"none":              {platform.Snapshot{}, []platform.Event{shown(0, "", "main", "first"), lost}, 0, map[string]int{"first": 1}},
		"one that lasts":    {platform.Snapshot{}, []platform.Event{shown(1, "main", "slate", "mute")}, 8 * time.Second, map[string]int{"mute": 1}},
		"one that is over":  {platform.Snapshot{}, []platform.Event{shown(1, "main", "slate", "mute"), shown(3, "slate", "main", "returned")}, 2 * time.Second, map[string]int{"mute": 1, "returned": 1}},
		"two":               {platform.Snapshot{}, []platform.Event{shown(1, "main", "slate", "mute"), shown(3, "slate", "main", "returned"), shown(5, "main", "slate", "mute"), shown(6, "slate", "backup", "")}, 3 * time.Second, map[string]int{"mute": 2, "returned": 1, "unknown": 1}},
		"one told twice":    {platform.Snapshot{}, []platform.Event{shown(1, "main", "slate", "mute"), shown(4, "", "slate", "restarted"), shown(5, "slate", "main", "restarted")}, 4 * time.Second, map[string]int{"mute": 1, "restarted": 2}},
		"one from before":   {platform.Snapshot{LiveSignals: []signals.Status{{Name: "stage", Source: "slate", Since: &since}}}, []platform.Event{shown(1, "slate", "main", "returned")}, 5 * time.Second, map[string]int{"returned": 1}},
		"none but an input": {platform.Snapshot{LiveSignals: []signals.Status{{Name: "stage", Source: "main", Since: &since}}}, nil, 0, map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			var counts counts
			counts.resume(c.before)
			for _, e := range c.events {
				counts.take(e)
			}
			l := counts.live("stage")
			if got := l.slateFor(at(9)); got != c.slate {
				t.Errorf("slate: got %s, want %s", got, c.slate)
			}
			for cause, want := range c.causes {
				if got := l.switches[cause]; got != want {
					t.Errorf("switches by %s: got %d, want %d", cause, got, want)
				}
			}
			if len(l.switches) != len(c.causes) {
				t.Errorf("switches: got %v, want %v", l.switches, c.causes)
			}
		})
	}
}
