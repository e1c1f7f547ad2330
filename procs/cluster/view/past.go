package view

import (
	"cmp"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const (
	// pastMost is how many events of another machine are kept, as many as a dashboard shows.
	pastMost = 3000
	// pastLate is how late an event may come into a journal: a line of log takes a while.
	pastLate = 30 * time.Second
)

// past is what is known of another machine's journal. Pure; the zero value knows nothing.
type past struct {
	events []passed // in order of its own times
	known  bool     // it was asked
}

// passed is an event of another machine: when it was there, and the event as it is shown here.
type passed struct {
	at time.Time
	platform.Event
}

// next returns from when on the journal is to be asked, by its machine's clock, and for how
// many events. now is that clock's time: where it has been set back, what is new has times
// before those of what is known. anew asks for all of it: the clock may have been wrong for a
// while that nobody has seen.
func (p *past) next(now time.Time, anew bool) (from time.Time, limit int) {
	if n := len(p.events); n > 0 && !anew {
		from = p.events[n-1].at
		if now.Before(from) {
			from = now
		}
		return from.Add(-pastLate), pastMost
	}
	return time.Time{}, pastMost
}

// take takes over what the journal has from a time on, which replaces what was known of that,
// and returns what was not known. The first time everything was: it is long past.
func (p *past) take(machine string, from time.Time, found []platform.Event, ahead time.Duration) (fresh []platform.Event) {
	at, _ := slices.BinarySearchFunc(p.events, from, func(e passed, t time.Time) int { return cmp.Or(e.at.Compare(t), 1) })
	was := slices.Clone(p.events[at:])
	p.events = p.events[:at]
	for _, raw := range found {
		if raw.What == nil {
			continue // of a later version
		}
		i := slices.IndexFunc(was, func(o passed) bool {
			return o.at.Equal(raw.Time) && o.Process == platform.OnMachine(machine, raw.Process) && o.What.Kind() == raw.What.Kind()
		})
		if i >= 0 { // as it was shown, whatever has become of the clocks
			p.events = append(p.events, was[i])
			was = slices.Delete(was, i, i+1)
			continue
		}
		e := passed{raw.Time, named(raw, machine, ahead)}
		p.events = append(p.events, e)
		if p.known {
			fresh = append(fresh, e.Event)
		}
	}
	p.events, p.known = p.events[max(0, len(p.events)-pastMost):], true
	return fresh
}

// since returns the events from a time on, by this machine's clock.
func (p *past) since(t time.Time) []platform.Event {
	var list []platform.Event
	for _, e := range p.events {
		if !e.Time.Before(t) {
			list = append(list, e.Event)
		}
	}
	return list
}

// corrected returns a time of a machine whose clock is ahead as this machine's clock would
// have it. A zero time stays.
func corrected(t time.Time, ahead time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-ahead)
}

// named returns an event of another machine as it is shown on this one.
func named(e platform.Event, machine string, ahead time.Duration) platform.Event {
	e.Time, e.Machine, e.Process = corrected(e.Time, ahead), machine, platform.OnMachine(machine, e.Process)
	switch what := e.What.(type) {
	case platform.Changed:
		what.Status = statusOf(what.Status, machine, ahead)
		e.What = what
	case platform.Commanded:
		what.Process, what.By = platform.OnMachine(machine, what.Process), actorOf(what.By, machine)
		e.What = what
	case platform.Drilled:
		what.By = actorOf(what.By, machine)
		e.What = what
	case platform.Started:
		packagers := map[string]string{}
		for url, name := range what.Packagers {
			packagers[url] = platform.OnMachine(machine, name)
		}
		what.Packagers = packagers
		e.What = what
	case platform.Ended:
		what.Stopping = corrected(what.Stopping, ahead)
		e.What = what
	case platform.Exit:
		what.Since = corrected(what.Since, ahead)
		e.What = what
	case event.Outage:
		what.Since, what.Until = corrected(what.Since, ahead), corrected(what.Until, ahead)
		e.What = what
	}
	return e
}

// actorOf returns the source of a command that another machine has noted: its own clients are
// on that machine.
func actorOf(by platform.Actor, machine string) platform.Actor {
	by.Machine = cmp.Or(by.Machine, machine)
	return by
}
