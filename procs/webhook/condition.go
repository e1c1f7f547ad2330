package webhook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// patience is how long what heals by itself may last before it is worth an alert: a killed
// process is back sooner.
const patience = 10 * time.Second

// inputPatience is how long no segment may come: the first ones after a packager has started
// take a moment.
const inputPatience = 3 * time.Second

// condition is something that lasts and is worth an alert when it begins and when it is
// over.
type condition struct {
	begins, ends Kind
	severity     Severity
	// after is how long it must last before the alert.
	after time.Duration
	// find returns where it holds.
	find func(platform.Snapshot) []finding
	// isOver reports whether a condition that find no longer returns is over; one that is not
	// lasts, without a word. Nil means that it is.
	isOver func(s platform.Snapshot, was finding) bool
	// over is the text for the end, after a time. quiet is set for an end that another alert
	// has overtaken.
	over func(s platform.Snapshot, was finding, after time.Duration) (words string, quiet bool)
}

// finding is where a condition holds.
type finding struct {
	signal, subject string
	// since is when it began; zero when that is not known, which means now.
	since time.Time
	text  string
}

// conditions is the table of what lasts. A new condition is a row here, and its two kinds.
func conditions() []condition {
	return []condition{
		{OffAir, BackOnAir, Critical, 0, offAir, isSettled, onAgain},
		{OffAirSoon, Averted, Critical, 0, offAirSoon, isSettled, averted},
		{InputLost, InputBack, Critical, inputPatience, inputLost, isSettled, says("input back: new segments of %s come again after %s")},
		{SlateOn, SlateOff, Critical, slatePatience, slateOn, isKnown, slateOff},
		{LiveLost, LiveBack, Warning, patience, liveLost, isKnown, liveBack},
		{NoSpare, SpareBack, Warning, patience, noSpare, nil, says("spare again: %s had only one usable packager for %s")},
		{Degraded, NotDegraded, Warning, patience, degraded, nil, says("no longer degraded: %s after %s")},
		{DiskLow, DiskFine, Warning, 0, diskLow, nil, says("the disk has room again: %s after %s")},
	}
}

// says returns a text for the end of a condition that has what it is about, and how long it
// has lasted.
func says(format string) func(platform.Snapshot, finding, time.Duration) (string, bool) {
	return func(_ platform.Snapshot, was finding, after time.Duration) (string, bool) {
		return fmt.Sprintf(format, was.signal+was.subject, text.Brief(after)), false
	}
}

// onAgain is the end of being off air.
func onAgain(s platform.Snapshot, was finding, after time.Duration) (string, bool) {
	if l, lit := lightOf(s, was.signal); lit && l.State != platform.AirEnded {
		return fmt.Sprintf("on air again: %s after %s", was.signal, text.Brief(after)), false
	}
	return fmt.Sprintf("no longer off air: %s has ended, after %s", was.signal, text.Brief(after)), false
}

// averted is the end of a countdown. That of one that has run out is an alert of its own.
func averted(s platform.Snapshot, was finding, _ time.Duration) (string, bool) {
	if l, lit := lightOf(s, was.signal); lit && l.State == platform.AirOn {
		return "averted: " + was.signal + " stays on air", false
	}
	return "the countdown of " + was.signal + " has run out", true
}

func lightOf(s platform.Snapshot, signal string) (platform.SignalAir, bool) {
	i := slices.IndexFunc(s.OnAir.Signals, func(l platform.SignalAir) bool { return l.Signal == signal })
	if i < 0 {
		return platform.SignalAir{}, false
	}
	return s.OnAir.Signals[i], true
}

// offAir finds the signals that are off air.
func offAir(s platform.Snapshot) []finding {
	var list []finding
	for _, l := range s.OnAir.Signals {
		if l.Due && l.State == platform.AirOff {
			list = append(list, finding{signal: l.Signal, since: l.Since, text: "off air: " + l.Reason + remedy(l)})
		}
	}
	return list
}

// offAirSoon finds the signals that will be off air unless more media comes.
func offAirSoon(s platform.Snapshot) []finding {
	var list []finding
	for _, l := range s.OnAir.Signals {
		if l.Due && l.State == platform.AirOffSoon {
			list = append(list, finding{signal: l.Signal, text: fmt.Sprintf("off air in %s: %s: %s%s", text.Brief(l.Left(s.At)), l.Signal, l.Reason, remedy(l))})
		}
	}
	return list
}

// remedy says which commands mend a light, to follow its reason.
func remedy(l platform.SignalAir) string {
	words := make([]string, len(l.Mends))
	for i, c := range l.Mends {
		words[i] = "ctl " + c.Action.String() + " " + c.Process
	}
	if len(words) == 0 {
		return ""
	}
	return "; try " + strings.Join(words, ", ")
}

// inputLost finds the signals of which no new segment comes to the packagers.
func inputLost(s platform.Snapshot) []finding {
	var list []finding
	for _, l := range s.OnAir.Signals {
		if l.Due && (l.Cause == platform.NoReceiver || l.Cause == platform.NoWorker || l.Cause == platform.NoSegment) {
			list = append(list, finding{signal: l.Signal, text: "input lost: " + l.Signal + ": " + l.Reason})
		}
	}
	return list
}

// isSettled reports whether it is known again how a signal is: while no viewer reports on
// it, nothing about it is over.
func isSettled(s platform.Snapshot, was finding) bool {
	l, lit := lightOf(s, was.signal)
	return !lit || l.State != platform.AirUnknown && l.State != platform.AirStarting
}

// noSpare finds the signals on air that nothing would go on with if their packager failed. A
// signal with a single packager has never had a spare one.
func noSpare(s platform.Snapshot) []finding {
	var list []finding
	for _, l := range s.OnAir.Signals {
		usable, total := s.Usable(l.Signal)
		if l.Due && (l.State == platform.AirOn || l.State == platform.AirOffSoon) && total > 1 && usable < 2 {
			list = append(list, finding{signal: l.Signal, text: fmt.Sprintf("no spare: %d of %d packagers of %s usable", usable, total, l.Signal)})
		}
	}
	return list
}

// degraded finds the processes that do not work as they should, and the playlists whose
// failover players would notice. A process on its first start is none.
func degraded(s platform.Snapshot) []finding {
	var list []finding
	for _, p := range s.Processes {
		fell := p.Restarts > 0 || p.State == platform.Backoff || p.State == platform.Failed
		if p.State == platform.Degraded || p.Paused || p.Wanted && fell && !p.Works() {
			words := p.State.String()
			if p.Paused {
				words = "paused"
			}
			list = append(list, finding{subject: p.Name, text: text.Because("degraded: "+p.Name+" is "+words, p.Reason)})
		}
	}
	for _, v := range s.Degraded {
		list = append(list, finding{subject: v.Playlist, text: text.Because("degraded: "+v.Playlist+" is "+string(v.Mode), v.Reason)})
	}
	return list
}

// diskLow finds the disks that are nearly full. Folders on the same disk are one.
func diskLow(s platform.Snapshot) []finding {
	var list []finding
	known := map[uint64]bool{}
	for _, d := range s.Disks {
		if !d.Low || known[d.Device] {
			continue
		}
		known[d.Device] = true
		list = append(list, finding{subject: d.Folder, text: fmt.Sprintf("disk low: %s of %s left for %s (%s)", text.Bytes(d.FreeBytes), text.Bytes(d.SizeBytes), d.Folder, d.Path)})
	}
	return list
}
