package onair

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

const (
	// Silence is how long a viewer's report counts.
	Silence = 3 * time.Second
	// EndedFor is how long a signal that has ended is shown as ended.
	EndedFor = time.Minute
	// DroppedAfter is how long a signal must be missing from the ingest table to count as
	// ended: after a restart of the reporter the table is empty for a moment.
	DroppedAfter = 5 * time.Second
	// replayMost is how long a restarted viewer can play media from before an outage: three
	// target durations of at most 10 s each.
	replayMost = 30 * time.Second
)

// lights returns the lights of the signals that a viewer reports on, that discovery
// reports, or that have a film, in order of name.
func lights(s platform.Snapshot) []platform.SignalAir {
	var list []platform.SignalAir
	for _, name := range signals(s) {
		if l, lit := lightOf(s, name); lit {
			list = append(list, l)
		}
	}
	return list
}

func signals(s platform.Snapshot) []string {
	var names []string
	for _, v := range s.Viewings {
		names = append(names, v.Signal)
	}
	for _, d := range s.Details {
		names = append(names, d.Signal)
	}
	for _, f := range s.Films {
		if f.State == event.FilmAired || f.State == event.FilmWaiting {
			names = append(names, f.Signal)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// severity orders the states of a signal, best first. Where several viewers report on one
// signal, the worst state counts.
var severity = []platform.AirState{platform.AirEnded, platform.AirOn, platform.AirStarting, platform.AirUnknown, platform.AirOffSoon, platform.AirOff}

// lightOf returns the light of a signal; false when the signal has no light.
func lightOf(s platform.Snapshot, signal string) (platform.SignalAir, bool) {
	light, lit, shown := platform.SignalAir{}, false, false
	for i := range s.Viewings { // there are many, and they are large
		if s.Viewings[i].Signal != signal {
			continue
		}
		v := s.Viewings[i]
		shown = shown || !v.Shown.IsZero() || v.State == event.ViewPlaying || v.State == event.ViewStalled
		one, counts := lightBy(s, v)
		if !counts {
			continue
		}
		if !lit || isWorse(one, light) {
			light = one
		}
		lit = true
	}
	film, known := s.FilmOf(signal)
	if !lit {
		if !IsReported(s.Details, signal) && !(known && (film.State == event.FilmAired || film.State == event.FilmWaiting)) {
			return light, false
		}
		light = platform.SignalAir{Signal: signal, State: platform.AirStarting, Reason: signal + " has not been shown yet"}
		if s.Watched() {
			light.Reason = "no viewer has shown " + signal + " yet"
		}
		if known && film.State == event.FilmWaiting {
			light.Reason = text.Because("its film is "+string(film.State), film.Reason)
		}
	}
	light.Due = light.State == platform.AirOn || light.State == platform.AirOffSoon || light.State != platform.AirEnded && due(s, signal, shown, film, known)
	return light, true
}

// lightBy returns the light of a signal by one viewer's latest report; false when the
// report no longer counts, because the signal has ended.
func lightBy(s platform.Snapshot, v platform.ViewingAt) (platform.SignalAir, bool) {
	light := platform.SignalAir{Signal: v.Signal, Since: v.Since}
	outage := s.Outage(v.Signal)
	own := s.OutageBy(v.Process, v.Signal)
	replays := v.State == event.ViewPlaying && own != nil && IsReplay(v, *own)
	switch age := s.At.Sub(v.Time); {
	case v.State == event.ViewEnded:
		light.State, light.Reason = platform.AirEnded, v.Signal+" has ended"
		return light, age <= EndedFor
	case age > Silence && (forgotten(s, v) || IsDropped(s, v.Signal)):
		return light, false
	case age > Silence:
		light.State, light.Since, light.Outage = platform.AirUnknown, v.Time, outage
		light.Reason = fmt.Sprintf("%s has not reported on %s since %s", v.Process, v.Signal, text.Clock(v.Time))
	case v.State == event.ViewStalled, replays, v.State == event.ViewStarting && outage != nil:
		if outage != nil { // reported a moment after v, or by the viewer's previous incarnation
			light.Since, light.Outage = outage.Since, outage
		}
		light.State = platform.AirOff
		light.Reason = text.Because(v.Signal+" has stood still"+since(light.Since), v.Trouble)
	case v.State == event.ViewStarting && !v.Shown.IsZero():
		light.State = platform.AirUnknown
		light.Reason = fmt.Sprintf("%s has restarted and has not shown %s yet", v.Process, v.Signal)
	case v.State == event.ViewStarting:
		light.State, light.Reason = platform.AirStarting, text.Because(v.Signal+" has not been shown yet", v.Trouble)
	default:
		light.State = platform.AirOn
	}
	light = drained(s, v, light)
	if machine, _ := platform.SplitMachine(v.Process); machine != "" && light.Reason != "" {
		light.Reason = "on machine " + machine + " " + light.Reason
	}
	return light, true
}

// isWorse reports whether a viewer's light is worse than another's of the same signal.
func isWorse(one, light platform.SignalAir) bool {
	if one.State == platform.AirOffSoon && light.State == one.State {
		return one.Until.Before(light.Until)
	}
	return slices.Index(severity, one.State) > slices.Index(severity, light.State)
}

// due reports whether the audience expects a signal: from when the signal is first on air,
// or its film could be, until it has ended. A signal that was never shown and has no aired
// film may be left over from a film that is gone.
func due(s platform.Snapshot, signal string, shown bool, film platform.FilmAt, known bool) bool {
	switch {
	case known && film.State == event.FilmAired:
		return true
	case IsDropped(s, signal):
		return false
	case shown:
		return true
	case known:
		return film.State == event.FilmPassed
	}
	return len(s.Films) == 0
}

// IsDropped reports whether a signal has been missing from the ingest table for
// DroppedAfter while discovery worked: the signal has ended.
func IsDropped(s platform.Snapshot, signal string) bool {
	return slices.ContainsFunc(s.Dropped, func(d platform.DroppedAt) bool { return d.Signal == signal && s.At.Sub(d.Time) >= DroppedAfter })
}

// forgotten reports whether a working viewer is silent because the signal no longer exists.
func forgotten(s platform.Snapshot, v platform.ViewingAt) bool {
	p, ok := s.Process(v.Process)
	return ok && p.State == platform.Ready && !p.Paused && len(s.Live) > 0 && !IsReported(s.Details, v.Signal) &&
		!slices.ContainsFunc(s.Live, func(l report.Live) bool { return l.Signal == v.Signal })
}

// since says when a state began; empty when that is not known.
func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + text.Clock(t)
}

// IsReported reports whether the ingest table contains a signal.
func IsReported(details []report.SignalStatus, signal string) bool {
	for i := range details {
		if details[i].Signal == signal {
			return true
		}
	}
	return false
}

// IsReplay reports whether a viewer plays media from before an outage: it has restarted on
// a playlist that stands still.
func IsReplay(v platform.ViewingAt, o event.Outage) bool {
	return o.MSN > 0 && v.MSN <= o.MSN && v.Time.Sub(v.Since) < replayMost
}
