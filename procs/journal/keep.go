package journal

import (
	"cmp"
	"maps"
	"slices"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// keeps decides which events go into the journal. Pure; the zero value is ready for use.
type keeps struct {
	// refused is why each file was refused last, so that a film that is tried again and
	// again is refused once.
	refused map[string]string
}

// keep reports whether an event goes into the journal. The states of processes, lines of
// log and repeated reports of an outage do not: they would crowd out the rest.
func (k *keeps) keep(e platform.Event) bool {
	switch what := e.What.(type) {
	case platform.Commanded, platform.Drilled, platform.Started, platform.Ended, platform.Exit, platform.Aired, platform.Averted, event.Failover, event.Input:
		return true
	case event.Outage:
		return !what.Again
	case event.Film:
		return k.film(what)
	case platform.Logged:
		return what.Module == platform.Self
	}
	return false
}

func (k *keeps) film(f event.Film) bool {
	switch f.State {
	case event.FilmRefused:
		known := k.refused[f.File] == f.Reason
		if k.refused == nil {
			k.refused = map[string]string{}
		}
		k.refused[f.File] = f.Reason
		return !known
	case event.FilmAired, event.FilmGone:
		delete(k.refused, f.File)
	}
	return false
}

// standing is what lasts, by the events that began it: a new file of the journal begins
// with these events, so that each file can be understood by itself. Pure; the zero value is
// ready for use.
type standing struct {
	started *platform.Event
	// aired has a signal's latest state, outages the outages that last, by viewer and signal.
	aired, outages map[string]platform.Event
}

// take takes the next event.
func (s *standing) take(e platform.Event) {
	switch what := e.What.(type) {
	case platform.Started:
		*s = standing{started: &e, aired: map[string]platform.Event{}, outages: map[string]platform.Event{}}
	case platform.Ended:
		*s = standing{}
	case platform.Aired:
		if s.aired == nil {
			s.aired = map[string]platform.Event{}
		}
		if s.aired[what.Signal] = e; what.State == platform.AirEnded {
			delete(s.aired, what.Signal)
		}
	case event.Outage:
		if s.outages == nil {
			s.outages = map[string]platform.Event{}
		}
		key := e.Process + " " + what.Signal
		if s.outages[key] = e; !what.Lasts() {
			delete(s.outages, key)
		}
	}
}

// events returns the events that began what lasts, in order of time.
func (s *standing) events() []platform.Event {
	var list []platform.Event
	if s.started != nil {
		list = append(list, *s.started)
	}
	list = slices.AppendSeq(list, maps.Values(s.aired))
	list = slices.AppendSeq(list, maps.Values(s.outages))
	slices.SortStableFunc(list, func(a, b platform.Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Process, b.Process))
	})
	return list
}
