package local

import (
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
)

func TestOnlyFiguresComeLate(t *testing.T) {
	viewing := event.Viewing{Signal: "live01", State: event.ViewPlaying, BufferMS: 1, PlaylistAgeMS: -1}
	views := func(change func(*event.Viewing)) func(*Local) {
		v := viewing
		change(&v)
		return func(l *Local) {
			l.Update(func(m *model.Model) { m.ApplyLine("viewer", event.Line{Time: time.Now()}, v) })
		}
	}
	measured := func(l *Local) {
		l.Update(func(m *model.Model) {
			m.SetMeasurements([]platform.Status{{Name: "viewer", CPU: 12}}, time.Now())
		})
	}
	for name, c := range map[string]struct {
		change func(*Local)
		late   bool
	}{
		"a viewer's buffer":    {views(func(v *event.Viewing) { v.BufferMS = 2 }), true},
		"CPU and memory":       {measured, true},
		"a viewer's state":     {views(func(v *event.Viewing) { v.State = event.ViewStalled }), false},
		"a viewer's trouble":   {views(func(v *event.Viewing) { v.Trouble = "EOF" }), false},
		"another packager":     {views(func(v *event.Viewing) { v.Packager = "http://b" }), false},
		"another signal":       {views(func(v *event.Viewing) { v.Signal = "live02" }), false},
		"a process's state":    {func(l *Local) { l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready}) }, false},
		"an answer":            {func(l *Local) { l.Update(func(m *model.Model) { m.SetAnswers(model.Answers{}, time.Now()) }) }, false},
		"it is shutting down":  {func(l *Local) { l.Update((*model.Model).SetStopping) }, false},
		"CPU, and a state too": {func(l *Local) { measured(l); l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready}) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := platformOf(t, platformtest.Supervisor{})
				views(func(*event.Viewing) {})(l)
				before, _ := l.Snapshot(t.Context())
				time.Sleep(figuresPeriod / 2)
				c.change(l)
				at := l.Now().Version
				if got, _ := l.Snapshot(t.Context()); got.Version != before.Version && c.late || got.Version != at && !c.late {
					t.Errorf("at once: got version %d, late %t; before it was %d, now it is %d", got.Version, c.late, before.Version, at)
				}
				time.Sleep(figuresPeriod / 2)
				if got, _ := l.Snapshot(t.Context()); got.Version != at {
					t.Errorf("after %s: got version %d, want %d", figuresPeriod, got.Version, at)
				}
			})
		})
	}
}

func TestASnapshotHasTheNewestLine(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	before, _ := l.Snapshot(t.Context())
	l.OnLine("proxy", []byte("a line"))
	if got, _ := l.Snapshot(t.Context()); got.LogSeq != before.LogSeq+1 {
		t.Errorf("got line %d after %d, want the next", got.LogSeq, before.LogSeq)
	}
}
