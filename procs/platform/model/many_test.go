package model

import (
	"fmt"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// TestEverySignalOfEveryViewerIsKept has two viewers of two hundred signals, and more signals
// than there can be.
func TestEverySignalOfEveryViewerIsKept(t *testing.T) {
	const signals = 200
	now := time.Unix(1000, 0)
	var m Model
	report := func(viewer string, i int) {
		m.ApplyLine(viewer, event.Line{Time: now}, event.Viewing{Signal: fmt.Sprint("live", i), State: event.ViewPlaying, Packager: "http://a"})
	}
	for i := range signals {
		report("viewer1", i)
		report("viewer2", i)
	}
	if len(m.Now.Viewings) != 2*signals || len(m.Now.Actives) != signals {
		t.Errorf("got %d reports and %d active packagers, want %d and %d", len(m.Now.Viewings), len(m.Now.Actives), 2*signals, signals)
	}
	for i := range viewingsMost {
		report("viewer1", 10*signals+i)
	}
	if len(m.Now.Viewings) != viewingsMost || len(m.Now.Actives) != activesMost {
		t.Errorf("got %d reports and %d active packagers, want the newest %d and %d", len(m.Now.Viewings), len(m.Now.Actives), viewingsMost, activesMost)
	}
}

func TestFiguresAreNotTold(t *testing.T) {
	now := time.Unix(1000, 0)
	m := Model{Now: platform.Snapshot{Processes: []platform.Process{{Status: platform.Status{Name: "viewer"}}}}}
	view := func(v event.Viewing) (changed, told bool) {
		version, before := m.Now.Version, m.Told()
		m.ApplyLine("viewer", event.Line{Time: now}, v)
		return m.Now.Version > version, m.Told() > before
	}
	v := event.Viewing{Signal: "live01", State: event.ViewPlaying, PlaylistAgeMS: -1}
	if changed, told := view(v); !changed || !told {
		t.Errorf("the first report: got changed %t, told %t, want both", changed, told)
	}
	v.BufferMS++
	if changed, told := view(v); !changed || told {
		t.Errorf("another buffer: got changed %t, told %t, want it not told", changed, told)
	}
	v.State = event.ViewStalled
	if changed, told := view(v); !changed || !told {
		t.Errorf("another state: got changed %t, told %t, want both", changed, told)
	}
	before, version := m.Told(), m.Now.Version
	m.SetMeasurements([]platform.Status{{Name: "viewer", CPU: 1}}, now)
	if m.Told() != before || m.Now.Version == version {
		t.Errorf("CPU: got told %d after %d, version %d after %d, want another version alone", m.Told(), before, m.Now.Version, version)
	}
}
