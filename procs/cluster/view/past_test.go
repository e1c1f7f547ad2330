package view

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

func TestAMachineWhoseClockIsSetBackIsAskedFromThen(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	logged := func(at time.Time, message string) platform.Event {
		return platform.Event{Time: at, What: platform.Logged{Line: event.Line{Time: at, Message: message}}}
	}
	var p past
	p.take("c", time.Time{}, []platform.Event{logged(at, "before")}, 0)
	back := at.Add(-time.Hour)
	from, _ := p.next(back, false)
	if from.After(back) {
		t.Fatalf("asked from %s, want %s or earlier", from, back)
	}
	fresh := p.take("c", from, []platform.Event{logged(back, "after"), logged(at, "before")}, -time.Hour)
	if len(fresh) != 1 || fresh[0].Log().Message != "after" || !fresh[0].Time.Equal(at) {
		t.Errorf("got %+v, want the one that is new, at %s", fresh, at)
	}
	if from, _ := p.next(at.Add(time.Hour), false); !from.Equal(at.Add(-pastLate)) {
		t.Errorf("asked from %s, want %s", from, at.Add(-pastLate))
	}
	if from, _ := p.next(at.Add(time.Hour), true); !from.IsZero() {
		t.Errorf("anew: asked from %s, want all of it", from)
	}
}
