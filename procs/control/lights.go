package control

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

const (
	// silence is how long a viewer's word counts.
	silence = 3 * time.Second
	// endedFor is how long it is said that a signal has ended.
	endedFor = time.Minute
	// droppedAfter is how long the ingest table must not name a signal that has ended:
	// after a reporter's restart it may name none for a moment.
	droppedAfter = 5 * time.Second
)

// SignalAir is the light of one signal.
type SignalAir struct {
	Signal string   `json:"signal"`
	State  AirState `json:"state"`
	// Since is when that began; zero when it is not known.
	Since time.Time `json:"since,omitzero"`
	// Reason says why, in words and without numbers that move; empty when on air.
	Reason string `json:"reason,omitempty"`
	// Due: the audience expects it. What is not due yet, or no more, is nobody's
	// failure.
	Due bool `json:"due"`
	// Outage is the one that lasts; nil while none does.
	Outage *event.Outage `json:"outage,omitempty"`
}

// DroppedAt is a signal that the ingest table names no more, and since when.
type DroppedAt struct {
	Time   time.Time `json:"time"`
	Signal string    `json:"signal"`
}

// lights are those of the signals that a viewer speaks of, that are reported, or that
// a film is, in order of name.
func (s Snapshot) lights() []SignalAir {
	var list []SignalAir
	for _, name := range s.signals() {
		if l, lit := s.lightOf(name); lit {
			list = append(list, l)
		}
	}
	return list
}

func (s Snapshot) signals() []string {
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
var worse = []AirState{AirEnded, AirOn, AirStarting, AirUnknown, AirOff}

// lightOf is the light of a signal; false when there is nothing to say of it.
func (s Snapshot) lightOf(signal string) (SignalAir, bool) {
	light, lit, shown := SignalAir{}, false, false
	for _, v := range s.Viewings {
		if v.Signal != signal {
			continue
		}
		shown = shown || !v.Shown.IsZero() || v.State == event.ViewPlaying || v.State == event.ViewStalled
		one, said := s.wordOf(v)
		if !said {
			continue
		}
		if !lit || slices.Index(worse, one.State) > slices.Index(worse, light.State) {
			light = one
		}
		lit = true
	}
	film, known := s.filmOf(signal)
	if !lit {
		if !reported(s.Details, signal) && !(known && (film.State == event.FilmAired || film.State == event.FilmWaiting)) {
			return light, false
		}
		light = SignalAir{Signal: signal, State: AirStarting, Reason: "no viewer has shown " + signal + " yet"}
		if known && film.State == event.FilmWaiting {
			light.Reason = because("it is "+string(film.State), film.Reason)
		}
	}
	light.Due = light.State == AirOn || light.State != AirEnded && s.due(signal, shown, film, known)
	return light, true
}

// wordOf is what a viewer's word says of its signal; false when the signal is none any
// more and so nobody speaks of it.
func (s Snapshot) wordOf(v ViewingAt) (SignalAir, bool) {
	light := SignalAir{Signal: v.Signal, Since: v.Since}
	outage := s.Outage(v.Signal)
	own := s.outageBy(v.Process, v.Signal)
	replays := v.State == event.ViewPlaying && own != nil && replays(v, *own)
	switch age := s.At.Sub(v.Time); {
	case v.State == event.ViewEnded:
		light.State, light.Reason = AirEnded, v.Signal+" has ended"
		return light, age <= endedFor
	case age > silence && (s.forgotten(v) || s.dropped(v.Signal)):
		return light, false
	case age > silence:
		light.State, light.Since, light.Outage = AirUnknown, v.Time, outage
		light.Reason = fmt.Sprintf("%s has said nothing of %s since %s", v.Process, v.Signal, clock(v.Time))
	case v.State == event.ViewStalled, replays, v.State == event.ViewStarting && outage != nil:
		if outage != nil { // told a moment later than the word, or by the viewer before this one
			light.Since, light.Outage = outage.Since, outage
		}
		light.State = AirOff
		light.Reason = because(v.Signal+" has stood still"+since(light.Since), v.Trouble)
	case v.State == event.ViewStarting && !v.Shown.IsZero():
		light.State = AirUnknown
		light.Reason = fmt.Sprintf("%s has begun anew and has not shown %s yet", v.Process, v.Signal)
	case v.State == event.ViewStarting:
		light.State, light.Reason = AirStarting, because(v.Signal+" has not been shown yet", v.Trouble)
	default:
		light.State = AirOn
	}
	return light, true
}

// due reports whether the audience expects a signal: from when it is first on air, or
// its film could be, until it has ended. What was never shown and has no film that is
// aired may be left from a film that is gone.
func (s Snapshot) due(signal string, shown bool, film FilmAt, known bool) bool {
	switch {
	case known && film.State == event.FilmAired:
		return true
	case s.dropped(signal):
		return false
	case shown:
		return true
	case known:
		return film.State == event.FilmPassed
	}
	return len(s.Films) == 0
}

// dropped reports whether discovery has ceased to report a signal while it worked.
func (s Snapshot) dropped(signal string) bool {
	return slices.ContainsFunc(s.Dropped, func(d DroppedAt) bool { return d.Signal == signal && s.At.Sub(d.Time) >= droppedAfter })
}

// forgotten reports whether a viewer that works is silent because the signal is no
// longer one.
func (s Snapshot) forgotten(v ViewingAt) bool {
	p, ok := s.Process(v.Process)
	return ok && p.State == procs.Ready && !p.Paused && len(s.Live) > 0 && !reported(s.Details, v.Signal) &&
		!slices.ContainsFunc(s.Live, func(l report.Live) bool { return l.Signal == v.Signal })
}

// droppedNow is which signals are dropped once the ingest table is a's: those that it
// named and names no more, while what reports them works, until it names them again. a
// is an answer.
func (s Snapshot) droppedNow(a answers, now time.Time) []DroppedAt {
	list := pruned(s.Dropped, func(d DroppedAt) bool { return reported(a.Details, d.Signal) })
	if !s.reports() {
		return list
	}
	for _, d := range s.Details {
		if !reported(a.Details, d.Signal) {
			list = append(slices.Clone(list), DroppedAt{now, d.Signal})
		}
	}
	return list[max(0, len(list)-viewingsMost):]
}

// reports reports whether all that the ingest table comes from works: a table that
// nobody fills is no word on any signal.
func (s Snapshot) reports() bool {
	discoveries := 0
	for _, p := range s.Processes {
		switch p.Service {
		case "discovery":
			discoveries++
		case "reporter":
		default:
			continue
		}
		if p.State != procs.Ready || p.Paused {
			return false
		}
	}
	return discoveries > 0
}

// because is a text with its reason, where there is one.
func because(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// since says from when on; empty where that is not known.
func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + clock(t)
}

// clock is a time of day for people.
func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }
