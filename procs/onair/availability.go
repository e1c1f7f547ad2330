package onair

import (
	"math"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// lastOutage returns the latest outage that has ended; nil when there was none.
func lastOutage(s platform.Snapshot) *event.Outage {
	var last *event.Outage
	for i := range s.Outages {
		if o := &s.Outages[i].Outage; !o.Lasts() && (last == nil || o.Until.After(last.Until)) {
			last = o
		}
	}
	return last
}

// lastHour returns how much of the last hour was on air, from the first picture on; nil
// before it. Outages of several signals at the same time count once. The hour ends with the
// last whole second, so that a light changes no more often.
func lastHour(s platform.Snapshot, o platform.OnAir) *platform.Availability {
	a, now := &platform.Availability{}, s.At.Truncate(time.Second)
	for _, v := range s.Viewings {
		if !v.Shown.IsZero() && (a.Since.IsZero() || v.Shown.Before(a.Since)) {
			a.Since = v.Shown
		}
	}
	if a.Since.IsZero() {
		return nil
	}
	if hour := now.Add(-time.Hour); a.Since.Before(hour) {
		a.Since = hour
	}
	list := slices.DeleteFunc(slices.Clone(s.Outages), func(out platform.OutageAt) bool {
		return out.Lasts() && slices.ContainsFunc(o.Signals, func(l platform.SignalAir) bool { return l.Signal == out.Signal && !l.Due })
	})
	slices.SortStableFunc(list, func(a, b platform.OutageAt) int { return a.Since.Compare(b.Since) })
	ended := slices.DeleteFunc(slices.Clone(list), func(o platform.OutageAt) bool { return o.Lasts() })
	if len(ended) >= platform.OutagesMost && ended[0].Since.After(a.Since) {
		a.Since = ended[0].Since // earlier outages are not known
	}
	if !a.Since.Before(now) {
		return nil
	}
	off, counted := time.Duration(0), a.Since
	for _, out := range list {
		from, until := out.Since, out.Since.Add(out.Length(now))
		if from.Before(counted) {
			from = counted
		}
		if until.After(now) {
			until = now
		}
		if until.After(from) {
			off += until.Sub(from)
			counted = until
		}
	}
	a.OffMS = off.Milliseconds()
	a.Percent = math.Floor(10_000*(1-float64(off)/float64(now.Sub(a.Since)))) / 100
	return a
}
