package model

import (
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// droppedNow returns the signals that are dropped once the ingest table is details: those
// that have left the table while discovery worked and have not come back.
func droppedNow(s platform.Snapshot, details []report.SignalStatus, now time.Time) []platform.DroppedAt {
	list := without(s.Dropped, func(d platform.DroppedAt) bool { return onair.IsReported(details, d.Signal) })
	if !discoveryWorks(s) {
		return list
	}
	for _, d := range s.Details {
		if !onair.IsReported(details, d.Signal) {
			list = append(slices.Clone(list), platform.DroppedAt{Time: now, Signal: d.Signal})
		}
	}
	return newest(list, droppedMost)
}

// discoveryWorks reports whether every discovery and every reporter works: otherwise a
// signal's absence from the ingest table says nothing.
func discoveryWorks(s platform.Snapshot) bool {
	discoveries := 0
	for _, p := range s.Processes {
		switch p.Role {
		case layouts.Discovery:
			discoveries++
		case layouts.Reporter:
		default:
			continue
		}
		if p.State != platform.Ready || p.Paused {
			return false
		}
	}
	return discoveries > 0
}
