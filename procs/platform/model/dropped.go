package model

import (
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// droppedNow is which signals are dropped once the ingest table is details: those that it
// named and names no more, while what reports them works, until it names them again. a
// is an answer.
func droppedNow(s platform.Snapshot, details []report.SignalStatus, now time.Time) []platform.DroppedAt {
	list := pruned(s.Dropped, func(d platform.DroppedAt) bool { return onair.IsReported(details, d.Signal) })
	if !reports(s) {
		return list
	}
	for _, d := range s.Details {
		if !onair.IsReported(details, d.Signal) {
			list = append(slices.Clone(list), platform.DroppedAt{Time: now, Signal: d.Signal})
		}
	}
	return list[max(0, len(list)-viewingsMost):]
}

// reports reports whether all that the ingest table comes from works: a table that
// nobody fills is no word on any signal.
func reports(s platform.Snapshot) bool {
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
