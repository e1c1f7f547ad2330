package model

import (
	"slices"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const (
	// outagesMost is how many outages that have ended are kept.
	outagesMost = 100
)

// withOutage is list with what a viewer tells of an outage. One that lasts goes on from
// its first moment when another incarnation of its viewer tells of it. The newest are
// last; those that last are never dropped.
func withOutage(list []platform.OutageAt, o platform.OutageAt) ([]platform.OutageAt, platform.OutageAt) {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, func(was platform.OutageAt) bool {
		return was.Lasts() && was.Process == o.Process && was.Signal == o.Signal
	})
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
func overBy(list []platform.OutageAt, process, signal string, at time.Time) (platform.OutageAt, bool) {
	for _, o := range list {
		if o.Lasts() && o.Process == process && o.Signal == signal && o.Since.Before(at) {
			return platform.OutageAt{Time: at, Process: process, Outage: event.EndedOutageOf(signal, o.Since, at)}, true
		}
	}
	return platform.OutageAt{}, false
}

// outage takes a viewer's word on one.
func (m *Model) outage(o platform.OutageAt) {
	m.Now.Outages, o = withOutage(m.Now.Outages, o)
	m.Now.Version++
	m.publish(platform.Event{Time: o.Time, Process: o.Process, What: o.Outage})
}

// viewing takes a viewer's word on a signal.
func (m *Model) viewing(v platform.ViewingAt) {
	for _, was := range m.Now.Viewings {
		if was.Process == v.Process && was.Signal == v.Signal {
			v.Shown = was.Shown
		}
	}
	if v.Shown.IsZero() && (v.State == event.ViewPlaying || v.State == event.ViewStalled) {
		v.Shown = v.Time
	}
	m.Now.Viewings = heard(m.Now.Viewings, v)
	m.Now.Version++
	if v.PlaylistAgeMS >= 0 {
		m.active(platform.ActiveAt{Signal: v.Signal, URL: v.Packager, Time: v.Time.Add(-time.Duration(v.PlaylistAgeMS) * time.Millisecond), By: platform.ByViewer})
	}
	if v.State != event.ViewPlaying && v.State != event.ViewEnded {
		return
	}
	// The viewer itself tells the end of its outages, before this word: one that lasts
	// yet began before it was started anew.
	at := v.Since
	if o := m.Now.OutageBy(v.Process, v.Signal); o != nil && v.State == event.ViewPlaying {
		if onair.IsReplay(v, *o) {
			return
		}
		if o.MSN > 0 && v.MSN > o.MSN && v.MSNAt.After(at) {
			at = v.MSNAt
		}
	}
	if o, lasted := overBy(m.Now.Outages, v.Process, v.Signal, at); lasted {
		m.outage(o)
	}
}

// settleOutages ends those of signals that are dropped and that no viewer watches any
// more: they were out no longer than they were watched.
func (m *Model) settleOutages(now time.Time) {
	s := m.Now
	s.At = now
	for _, v := range s.Viewings {
		if now.Sub(v.Time) <= onair.Silence || !onair.IsDropped(s, v.Signal) {
			continue
		}
		if o, lasted := overBy(s.Outages, v.Process, v.Signal, v.Time); lasted {
			m.outage(o)
		}
	}
}

// heard is list with a viewer's newest word in the place of the one before it. The
// newest words are last.
func heard(list []platform.ViewingAt, v platform.ViewingAt) []platform.ViewingAt {
	list = slices.DeleteFunc(slices.Clone(list), func(o platform.ViewingAt) bool {
		return o.Process == v.Process && o.Signal == v.Signal || o.State == event.ViewEnded && v.Time.Sub(o.Time) > onair.EndedFor
	})
	list = append(list, v)
	return list[max(0, len(list)-viewingsMost):]
}
