package model

import (
	"slices"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// outagesMost is how many outages that have ended are kept.
const outagesMost = platform.OutagesMost

// outage takes a viewer's report of an outage.
func (m *Model) outage(o platform.OutageAt) {
	if o.Lasts() && o.Reason == "" {
		o.Reason = m.causeOf(o)
	}
	m.Now.Outages, o = withOutage(m.Now.Outages, o)
	m.Now.Version++
	m.publish(platform.Event{Time: o.Time, Process: o.Process, What: o.Outage})
}

// causeOf returns why a signal gets no new media, where its viewer sees no request fail;
// empty while that is not known.
func (m *Model) causeOf(o platform.OutageAt) string {
	s := m.Now
	s.At = o.Time
	for _, l := range onair.Complete(s).OnAir.Signals {
		if l.Signal == o.Signal {
			return string(l.Cause)
		}
	}
	return ""
}

// withOutage returns list with a viewer's report of an outage, and the report as it is kept:
// when a restarted viewer reports an outage that lasts, the outage goes on from its first
// moment. The latest reports are last; outages that last are never dropped.
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
		if !o.Lasts() && o.Reason == "" {
			o.Reason = list[i].Reason // a viewer that has media again has no reason any more
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

// endedAt returns a viewer's current outage of a signal as one that ended at that time;
// false when there is no outage, or it began later.
func endedAt(list []platform.OutageAt, process, signal string, at time.Time) (platform.OutageAt, bool) {
	for _, o := range list {
		if o.Lasts() && o.Process == process && o.Signal == signal && o.Since.Before(at) {
			return platform.OutageAt{Time: at, Process: process, Outage: event.EndedOutageOf(signal, o.Since, at)}, true
		}
	}
	return platform.OutageAt{}, false
}

// settleOutages ends the outages of dropped signals that no viewer watches any longer, at
// the viewer's last report.
func (m *Model) settleOutages(now time.Time) {
	s := m.Now
	s.At = now
	for _, v := range s.Viewings {
		if now.Sub(v.Time) <= onair.Silence || !onair.IsDropped(s, v.Signal) {
			continue
		}
		if o, lasted := endedAt(s.Outages, v.Process, v.Signal, v.Time); lasted {
			m.outage(o)
		}
	}
}
