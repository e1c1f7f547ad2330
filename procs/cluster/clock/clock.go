package clock

import (
	"slices"
	"time"

	"livestream-tui/services/cluster"
)

// kept is how many round trips are kept: of them, the shortest counts, since the two ways of
// a short round trip differ least.
const kept = 8

// Trip is one request for the time of another machine.
type Trip struct {
	// RTT is how long it was under way, without the time in which it was answered.
	RTT time.Duration
	// Offset is how far the other clock was ahead, give or take half of RTT.
	Offset time.Duration
}

// Measure returns the trip of a request that was sent and whose answer was received at these
// times of the own clock. The time between the two must be measured by a clock that never
// steps: took.
func Measure(sent time.Time, took time.Duration, answer cluster.Clock) Trip {
	came, left := time.Unix(0, answer.Came), time.Unix(0, answer.Sent)
	there := max(0, left.Sub(came))
	rtt := max(0, took-there)
	return Trip{RTT: rtt, Offset: came.Sub(sent) - rtt/2}
}

// IsCertain reports whether the offset is known well enough to warn of it.
func (t Trip) IsCertain() bool { return t.RTT < Warning/2 }

// Trips are the latest trips to one machine, oldest first. The zero value is ready for use.
type Trips []Trip

// drift is by how much two clocks may drift apart while trips are kept.
const drift = 5 * time.Millisecond

// Add returns the trips with another one. Where that cannot be of the same two clocks as the
// best of them, one of the two has been set, and the older trips are forgotten.
func (t Trips) Add(trip Trip) Trips {
	if best, ok := t.Best(); ok && (trip.Offset-best.Offset).Abs() > (trip.RTT+best.RTT)/2+drift {
		return Trips{trip}
	}
	t = append(slices.Clone(t), trip)
	return t[max(0, len(t)-kept):]
}

// Best returns the shortest trip; false where there is none.
func (t Trips) Best() (Trip, bool) {
	if len(t) == 0 {
		return Trip{}, false
	}
	return slices.MinFunc(t, func(a, b Trip) int { return int(a.RTT - b.RTT) }), true
}

// Offsets returns how far each clock is ahead of the median of all. ahead has how far each is
// ahead of one of them, that one with zero. Of an even number of clocks the median is the mean
// of the two in the middle, so that of two clocks neither is right.
func Offsets(ahead map[string]time.Duration) map[string]time.Duration {
	if len(ahead) == 0 {
		return nil
	}
	var list []time.Duration
	for _, d := range ahead {
		list = append(list, d)
	}
	slices.Sort(list)
	middle := (list[(len(list)-1)/2] + list[len(list)/2]) / 2
	from := map[string]time.Duration{}
	for name, d := range ahead {
		from[name] = d - middle
	}
	return from
}

// Warning is the offset above which an operator is warned.
const Warning = 100 * time.Millisecond

// Quorum is how many clocks must be heard for their median to say which one is wrong.
const Quorum = 3
