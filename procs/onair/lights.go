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
	// Silence is how long a viewer's word counts.
	Silence = 3 * time.Second
	// EndedFor is how long it is said that a signal has ended.
	EndedFor = time.Minute
	// DroppedAfter is how long the ingest table must not name a signal that has ended:
	// after a reporter's restart it may name none for a moment.
	DroppedAfter = 5 * time.Second
	// replayMost is for how long a viewer that has begun anew can play what was there
	// before: three target durations, of which none is longer than this third.
	replayMost = 30 * time.Second
)

// lights are those of the signals that a viewer speaks of, that are reported, or that
// a film is, in order of name.
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

// worse orders the states of a signal: what several viewers say is what the worst of
// them says.
var worse = []platform.AirState{platform.AirEnded, platform.AirOn, platform.AirStarting, platform.AirUnknown, platform.AirOff}

// lightOf is the light of a signal; false when there is nothing to say of it.
func lightOf(s platform.Snapshot, signal string) (platform.SignalAir, bool) {
	light, lit, shown := platform.SignalAir{}, false, false
	for _, v := range s.Viewings {
		if v.Signal != signal {
			continue
		}
		shown = shown || !v.Shown.IsZero() || v.State == event.ViewPlaying || v.State == event.ViewStalled
		one, said := wordOf(s, v)
		if !said {
			continue
		}
		if !lit || slices.Index(worse, one.State) > slices.Index(worse, light.State) {
			light = one
		}
		lit = true
	}
	film, known := s.FilmOf(signal)
	if !lit {
		if !IsReported(s.Details, signal) && !(known && (film.State == event.FilmAired || film.State == event.FilmWaiting)) {
			return light, false
		}
		light = platform.SignalAir{Signal: signal, State: platform.AirStarting, Reason: "no viewer has shown " + signal + " yet"}
		if known && film.State == event.FilmWaiting {
			light.Reason = text.Because("it is "+string(film.State), film.Reason)
		}
	}
	light.Due = light.State == platform.AirOn || light.State != platform.AirEnded && due(s, signal, shown, film, known)
	return light, true
}

// wordOf is what a viewer's word says of its signal; false when the signal is none any
// more and so nobody speaks of it.
func wordOf(s platform.Snapshot, v platform.ViewingAt) (platform.SignalAir, bool) {
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
		light.Reason = fmt.Sprintf("%s has said nothing of %s since %s", v.Process, v.Signal, text.Clock(v.Time))
	case v.State == event.ViewStalled, replays, v.State == event.ViewStarting && outage != nil:
		if outage != nil { // told a moment later than the word, or by the viewer before this one
			light.Since, light.Outage = outage.Since, outage
		}
		light.State = platform.AirOff
		light.Reason = text.Because(v.Signal+" has stood still"+since(light.Since), v.Trouble)
	case v.State == event.ViewStarting && !v.Shown.IsZero():
		light.State = platform.AirUnknown
		light.Reason = fmt.Sprintf("%s has begun anew and has not shown %s yet", v.Process, v.Signal)
	case v.State == event.ViewStarting:
		light.State, light.Reason = platform.AirStarting, text.Because(v.Signal+" has not been shown yet", v.Trouble)
	default:
		light.State = platform.AirOn
	}
	return light, true
}

// due reports whether the audience expects a signal: from when it is first on air, or
// its film could be, until it has ended. What was never shown and has no film that is
// aired may be left from a film that is gone.
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

// Dropped reports whether discovery has ceased to report a signal while it worked.
func IsDropped(s platform.Snapshot, signal string) bool {
	return slices.ContainsFunc(s.Dropped, func(d platform.DroppedAt) bool { return d.Signal == signal && s.At.Sub(d.Time) >= DroppedAfter })
}

// forgotten reports whether a viewer that works is silent because the signal is no
// longer one.
func forgotten(s platform.Snapshot, v platform.ViewingAt) bool {
	p, ok := s.Process(v.Process)
	return ok && p.State == platform.Ready && !p.Paused && len(s.Live) > 0 && !IsReported(s.Details, v.Signal) &&
		!slices.ContainsFunc(s.Live, func(l report.Live) bool { return l.Signal == v.Signal })
}

// since says from when on; empty where that is not known.
func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + text.Clock(t)
}

func IsReported(details []report.SignalStatus, signal string) bool {
	return slices.ContainsFunc(details, func(d report.SignalStatus) bool { return d.Signal == signal })
}

// Replays reports whether what a viewer plays was there before an outage: it has begun
// anew, on a playlist that stands still.
func IsReplay(v platform.ViewingAt, o event.Outage) bool {
	return o.MSN > 0 && v.MSN <= o.MSN && v.Time.Sub(v.Since) < replayMost
}
