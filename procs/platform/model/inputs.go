package model

import (
	"reflect"
	"slices"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/signals"
)

// input takes a change of what a live signal is made from.
func (m *Model) input(at platform.InputAt) {
	m.Now.InputChanges = newest(append(slices.Clone(m.Now.InputChanges), at), inputChangesMost)
	m.Now.Version++
	m.publish(platform.Event{Time: at.Time, Process: at.Process, What: at.Input})
}

// SetLiveSignals takes what the receivers say of the live signals. Bit rates and the like
// change all the time, which is no news.
func (m *Model) SetLiveSignals(list []signals.Status) {
	if reflect.DeepEqual(list, m.Now.LiveSignals) {
		return
	}
	if reflect.DeepEqual(withoutFigures(list), withoutFigures(m.Now.LiveSignals)) {
		m.figures++
	}
	m.Now.LiveSignals = list
	m.Now.Version++
}

// withoutFigures is a list without what is measured.
func withoutFigures(list []signals.Status) []signals.Status {
	list = slices.Clone(list)
	for i := range list {
		list[i].Inputs = slices.Clone(list[i].Inputs)
		for j := range list[i].Inputs {
			in := &list[i].Inputs[j]
			in.FPS, in.Bitrate, in.KeyFrameInterval, in.SkewMS, in.RTTMS, in.Lost, in.Retransmitted = 0, 0, 0, 0, 0, 0, 0
		}
	}
	return list
}
