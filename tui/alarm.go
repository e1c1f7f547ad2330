package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// alarmEvery is how often the bell rings while the stream is off air.
const alarmEvery = 10 * time.Second

// alarm rings while signals are off air that the operator has not acknowledged. The zero
// value is silent.
type alarm struct {
	// off are the signals that are off air; true for those that were acknowledged.
	off  map[string]bool
	rang time.Time
	// fresh is set when a signal has just gone off air.
	fresh bool
}

// next returns the alarm under another light, and whether the bell rings now: when a signal
// goes off air, and every ten seconds until that is acknowledged.
func (a alarm) next(o platform.OnAir, now time.Time) (alarm, bool) {
	off, fresh := map[string]bool{}, false
	if o.State == platform.AirOff {
		for _, l := range o.InState(platform.AirOff) {
			acknowledged, known := a.off[l.Signal]
			off[l.Signal] = acknowledged
			fresh = fresh || !known
		}
	}
	a.off, a.fresh = off, fresh
	if !a.sounds() || !fresh && now.Sub(a.rang) < alarmEvery {
		return a, false
	}
	a.rang = now
	return a, true
}

// sound rings the bell, and shows a notification where a signal has just gone off air.
func (m *model) sound() tea.Cmd {
	outside, way, words := m.outside, m.options.Notifications, ""
	if m.alarm.fresh {
		words = text.Clean("OFF AIR: " + m.scene.Light.Reason)
	}
	return effect(func() {
		outside.Bell()
		if words != "" {
			outside.Notify(way, words)
		}
	})
}

// sounds reports whether a signal is off air that was not acknowledged.
func (a alarm) sounds() bool {
	for _, acknowledged := range a.off {
		if !acknowledged {
			return true
		}
	}
	return false
}

// acknowledged returns the alarm without a sound, until another signal goes off air.
func (a alarm) acknowledged() alarm {
	off := map[string]bool{}
	for signal := range a.off {
		off[signal] = true
	}
	a.off = off
	return a
}

// acknowledge silences the bell.
func (m *model) acknowledge() {
	switch {
	case m.alarm.sounds():
		m.alarm = m.alarm.acknowledged()
		m.notify("acknowledged: the bell is silent until another signal goes off air", false)
	case len(m.alarm.off) > 0:
		m.notify("it is acknowledged already", false)
	default:
		m.notify("there is no alarm to acknowledge", false)
	}
}

// acknowledgeLabel is in the foot only while the bell rings.
func acknowledgeLabel(m *model) (key, word string) {
	if !m.alarm.sounds() {
		return "", ""
	}
	return "", "acknowledge"
}
