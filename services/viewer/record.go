package viewer

import (
	"time"

	"livestream-tui/services/kit/event"
)

// Failure is a request that a player's viewer would have suffered from.
type Failure struct {
	At     time.Time
	Length time.Duration // until it had failed
	URL    string
	Err    string
	// Cause is Err without what is of this one request alone.
	Cause string
}

// Newest tells when a segment was the newest of a playlist: at the latest from
// From on, at the earliest until To.
type Newest struct {
	MSN      int64
	From, To time.Time
}

// PlayerStatus is how a player is. Counts are since Run.
type PlayerStatus struct {
	Name, URL string
	State     event.ViewState
	// Since is when State began.
	Since time.Time
	// Startup is how long the first picture took; zero before it.
	Startup time.Duration
	// Lacking is since when there is no media to show, Standing for how long by now;
	// zero while there is some.
	Lacking  time.Time
	Standing time.Duration
	// Outages, Lacked and LongestOutage are the times without media, the one that
	// lasts included: what the audience sees.
	Outages               int
	Lacked, LongestOutage time.Duration
	// StallCount, Stalled and LongestStall are those of them that no declared gap
	// excuses, the one that lasts included.
	StallCount            int
	Stalled, LongestStall time.Duration
	Buffer                time.Duration
	// Latency is how far the picture is behind now by its date, without dates
	// behind the end of the playlist; -1 when not known.
	Latency time.Duration
	// MSN is the newest segment downloaded, Listed the newest listed; -1 for none.
	MSN, Listed int64
	// Appended is when MSN was; zero before the first.
	Appended time.Time

	Requests, Failed int
	Bytes            int64
	Violated         int
	// LongestFirstByte and LongestWait are over all requests.
	LongestFirstByte, LongestWait time.Duration
	// Standstill is the longest that the playlist is known to have had no new segment.
	Standstill time.Duration
	// Gaps are segments that were declared missing, Skipped those that slid out of
	// the playlist before they could be fetched.
	Gaps, Skipped int
	// GaveUp is how often hls.js would have given up; Reloaded how often the player
	// began again on a playlist that had left it behind, as its viewer would have.
	GaveUp, Reloaded int
	// Starved is for how long this process did not get to run: what came late then
	// was late by the machine.
	Starved time.Duration
	// Bitrate is of the last segments, in bits a second.
	Bitrate int64
	// Packager is X-Packager of the last playlist, which came at Loaded.
	Packager string
	Loaded   time.Time
	// Trouble is why a request failed last, without numbers that move; empty when media
	// has come since.
	Trouble string

	byRule [rules]int
}

// Broken is how often a rule was broken.
func (s PlayerStatus) Broken(r Rule) int {
	if r < 0 || int(r) >= rules {
		return 0
	}
	return s.byRule[r]
}

// PlayerReport is everything that a player tells. Its lists hold the newest, up to
// PlayerOptions.Keep, oldest first.
type PlayerReport struct {
	PlayerStatus
	Violations []Violation
	Failures   []Failure
	Stalls     []Stall // those that lasted, and the one that lasts
	Transfers  []Request
	Waits      []Wait // for a byte, half a millisecond or longer
	Starvation []Wait
	Growth     []Newest
}

// Since returns the report of what happened at t or later, counted anew: requests
// that ended, waits and stalls that lasted into it or began in it.
func (r PlayerReport) Since(t time.Time) PlayerReport {
	after := func(at time.Time, length time.Duration) bool { return !at.Add(length).Before(t) }
	r.Violations = keep(r.Violations, func(v Violation) bool { return after(v.At, 0) })
	r.Failures = keep(r.Failures, func(f Failure) bool { return after(f.At, f.Length) })
	r.Stalls = keep(r.Stalls, func(s Stall) bool { return s.Lasts || after(s.At, s.Length) })
	r.Transfers = keep(r.Transfers, func(q Request) bool { return after(q.At, q.Length) })
	r.Waits = keep(r.Waits, func(w Wait) bool { return after(w.At, w.Length) })
	r.Starvation = keep(r.Starvation, func(w Wait) bool { return after(w.At, w.Length) })
	r.Growth = keep(r.Growth, func(n Newest) bool { return after(n.To, 0) })
	r.Violated, r.Failed, r.Requests, r.StallCount = len(r.Violations), len(r.Failures), len(r.Transfers), len(r.Stalls)
	r.byRule = [rules]int{}
	for _, v := range r.Violations {
		r.byRule[v.Rule]++
	}
	r.Stalled, r.LongestStall = 0, 0
	for _, s := range r.Stalls {
		r.Stalled, r.LongestStall = r.Stalled+s.Length, max(r.LongestStall, s.Length)
	}
	r.Bytes, r.LongestFirstByte, r.LongestWait = 0, 0, 0
	for _, q := range r.Transfers {
		r.Bytes += q.Bytes
		r.LongestFirstByte, r.LongestWait = max(r.LongestFirstByte, q.FirstByte), max(r.LongestWait, q.Longest)
	}
	r.Starved = 0
	for _, w := range r.Starvation {
		r.Starved += w.Length
	}
	r.Standstill = 0
	for _, n := range r.Growth {
		r.Standstill = max(r.Standstill, n.To.Sub(n.From))
	}
	return r
}

// Gap is the longest that a request in flight between from and to waited for its
// next byte; false when none was in flight. A request that has not ended yet counts
// by the waits of it that have.
func (r PlayerReport) Gap(from, to time.Time) (time.Duration, bool) {
	within := func(at time.Time, length time.Duration) bool {
		return !at.After(to) && !at.Add(length).Before(from)
	}
	flying := false
	for _, q := range r.Transfers {
		flying = flying || within(q.At, q.Length)
	}
	var longest time.Duration
	for _, w := range r.Waits {
		if within(w.At, w.Length) {
			longest, flying = max(longest, w.Length), true
		}
	}
	return longest, flying
}

func keep[T any](list []T, is func(T) bool) []T {
	var kept []T
	for _, v := range list {
		if is(v) {
			kept = append(kept, v)
		}
	}
	return kept
}
