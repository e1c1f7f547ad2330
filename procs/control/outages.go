package control

import (
	"slices"
	"time"

	"livestream-tui/services/kit/event"
)

const (
	// outagesMost is how many outages that have ended are kept.
	outagesMost = 100
	// replayMost is for how long a viewer that has begun anew can play what was there
	// before: three target durations, of which none is longer than this third.
	replayMost = 30 * time.Second
)

// OutageAt is an outage as a viewer told it last, and when.
type OutageAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Outage
}

// withOutage is list with what a viewer tells of an outage. One that lasts goes on from
// its first moment when another incarnation of its viewer tells of it. The newest are
// last; those that last are never dropped.
func withOutage(list []OutageAt, o OutageAt) ([]OutageAt, OutageAt) {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, func(was OutageAt) bool { return was.Lasts() && was.Process == o.Process && was.Signal == o.Signal })
	if i >= 0 {
		if was := list[i]; was.Since.Before(o.Since) {
			until := o.Since.Add(o.Length(o.Time))
			o.Since, o.LengthMS, o.MSN = was.Since, until.Sub(was.Since).Milliseconds(), was.MSN
			o.Again = o.Lasts()
		}
		list = slices.Delete(list, i, i+1)
	}
	list = append(list, o)
	for ended := 0; ; ended = 0 {
		oldest := -1
		for i, o := range list {
			if !o.Lasts() {
				ended++
				if oldest < 0 {
					oldest = i
				}
			}
		}
		if ended <= outagesMost {
			return list, o
		}
		list = slices.Delete(list, oldest, oldest+1)
	}
}

// overBy is the outage of a signal that lasts by the word of a viewer, ended at then;
// false when none lasts, or it began later.
func overBy(list []OutageAt, process, signal string, at time.Time) (OutageAt, bool) {
	for _, o := range list {
		if o.Lasts() && o.Process == process && o.Signal == signal && o.Since.Before(at) {
			return OutageAt{at, process, event.EndedOutageOf(signal, o.Since, at)}, true
		}
	}
	return OutageAt{}, false
}

// outage takes a viewer's word on one. Needs mu.
func (l *Local) outage(o OutageAt) {
	l.now.Outages, o = withOutage(l.now.Outages, o)
	l.now.Version++
	l.publish(Event{Time: o.Time, Process: o.Process, Outage: &o.Outage})
}

// viewing takes a viewer's word on a signal. Needs mu.
func (l *Local) viewing(v ViewingAt) {
	for _, was := range l.now.Viewings {
		if was.Process == v.Process && was.Signal == v.Signal {
			v.Shown = was.Shown
		}
	}
	if v.Shown.IsZero() && (v.State == event.ViewPlaying || v.State == event.ViewStalled) {
		v.Shown = v.Time
	}
	l.now.Viewings = heard(l.now.Viewings, v)
	l.now.Version++
	if v.State != event.ViewPlaying && v.State != event.ViewEnded {
		return
	}
	// The viewer itself tells the end of its outages, before this word: one that lasts
	// yet began before it was started anew.
	at := v.Since
	if o := l.now.outageBy(v.Process, v.Signal); o != nil && v.State == event.ViewPlaying {
		if replays(v, *o) {
			return
		}
		if o.MSN > 0 && v.MSN > o.MSN && v.MSNAt.After(at) {
			at = v.MSNAt
		}
	}
	if o, lasted := overBy(l.now.Outages, v.Process, v.Signal, at); lasted {
		l.outage(o)
	}
}

// replays reports whether what a viewer plays was there before an outage: it has begun
// anew, on a playlist that stands still.
func replays(v ViewingAt, o event.Outage) bool {
	return o.MSN > 0 && v.MSN <= o.MSN && v.Time.Sub(v.Since) < replayMost
}

// outageBy is the one of a signal that lasts by the word of a viewer; nil while none
// does.
func (s Snapshot) outageBy(process, signal string) *event.Outage {
	for i := range s.Outages {
		if o := &s.Outages[i]; o.Lasts() && o.Process == process && o.Signal == signal {
			return &o.Outage
		}
	}
	return nil
}

// ingested takes what the ingest table is to be, before it is. Needs mu.
func (l *Local) ingested(a answers, now time.Time) {
	if a.Err == "" {
		l.now.Dropped = l.now.droppedNow(a, now)
		l.now.Films = filmsThere(l.now.Films, a.Details)
	}
}

// settleOutages ends those of signals that are dropped and that no viewer watches any
// more: they were out no longer than they were watched. Needs mu.
func (l *Local) settleOutages(now time.Time) {
	s := l.now
	s.At = now
	for _, v := range s.Viewings {
		if now.Sub(v.Time) <= silence || !s.dropped(v.Signal) {
			continue
		}
		if o, lasted := overBy(s.Outages, v.Process, v.Signal, v.Time); lasted {
			l.outage(o)
		}
	}
}

// Outage is the one of a signal that lasts, the first to have begun by any viewer;
// nil while none does.
func (s Snapshot) Outage(signal string) *event.Outage {
	var first *event.Outage
	for i := range s.Outages {
		o := &s.Outages[i].Outage
		if o.Lasts() && o.Signal == signal && (first == nil || o.Since.Before(first.Since)) {
			first = o
		}
	}
	return first
}
