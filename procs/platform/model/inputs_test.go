package model

import (
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
)

func TestFiguresOfLiveInputsAreNoNews(t *testing.T) {
	list := func(by func(l *signals.Status)) []signals.Status {
		l := signals.Status{Name: "stage", Source: "main", Inputs: []signals.InputStatus{{Name: "main", State: signals.Good, OnAir: true, Bitrate: 3e6, FPS: 25}, {Name: "backup", State: signals.Waiting}}}
		if by != nil {
			by(&l)
		}
		return []signals.Status{l}
	}
	for name, c := range map[string]struct {
		by            func(l *signals.Status)
		changes, news bool
	}{
		"nothing": {nil, false, false},
		"figures": {func(l *signals.Status) {
			in := &l.Inputs[0]
			in.FPS, in.Bitrate, in.KeyFrameInterval, in.SkewMS, in.RTTMS, in.Lost, in.Retransmitted = 24.9, 31e5, 2.1, 3, 20, 1, 2
		}, true, false},
		"a state":              {func(l *signals.Status) { l.Inputs[1].State = signals.Good }, true, true},
		"a warning":            {func(l *signals.Status) { l.Inputs[0].Warnings = []string{"key frames every 8.3 s"} }, true, true},
		"a refusal":            {func(l *signals.Status) { l.Inputs[1].Failed = "wrong key" }, true, true},
		"another input on air": {func(l *signals.Status) { l.Source = "backup" }, true, true},
		"a state and figures":  {func(l *signals.Status) { l.Inputs[0].State, l.Inputs[0].Bitrate = signals.Lost, 0 }, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			var m Model
			m.SetLiveSignals(list(nil))
			version, figures := m.Now.Version, m.figures
			m.SetLiveSignals(list(c.by))
			if got := m.Now.Version != version; got != c.changes {
				t.Errorf("another version: got %t, want %t", got, c.changes)
			}
			if got := m.figures == figures && c.changes; got != c.news {
				t.Errorf("news: got %t, want %t", got, c.news)
			}
		})
	}
}

func TestTheLatestInputChangesAreKept(t *testing.T) {
	var m Model
	began := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	for i := range inputChangesMost + 5 {
		e := event.Input{Signal: "stage", Change: event.InputSwitched, Frames: i}
		m.ApplyLine("receiver", event.Line{Time: began.Add(time.Duration(i) * time.Second)}, e)
	}
	list := m.Now.InputChanges
	if len(list) != inputChangesMost || list[0].Frames != 5 || list[len(list)-1].Frames != inputChangesMost+4 || list[0].Process != "receiver" || !list[0].Time.Equal(began.Add(5*time.Second)) {
		t.Errorf("got %d changes from %+v on, want the latest %d", len(list), list[0], inputChangesMost)
	}
}
