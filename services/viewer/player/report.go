package player

import (
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/rules"
)

// Failure is a failed request that the viewer of a player would have suffered from.
type Failure struct {
	At     time.Time
	Length time.Duration // until it failed
	URL    string
	Kind   FailureKind
	Err    string
	// Cause is Err without the details of this request.
	Cause string
}

// Status is the state of a player. Its counts begin with Run.
type Status struct {
	Name, URL string
	State     event.ViewState
	// Since is when State began.
	Since time.Time
	// Startup is how long the first picture took; zero before that.
	Startup time.Duration
	// Lacking is since when there is no media to show, Standing for how long; both are
	// zero while there is some.
	Lacking  time.Time
	Standing time.Duration
	// Outages, Lacked and LongestOutage are the number, sum and maximum of the times
	// without media, as the audience sees them. One that lasts is included.
	Outages               int
	Lacked, LongestOutage time.Duration
	// StallCount, Stalled and LongestStall are the same without what a declared gap
	// excuses.
	StallCount            int
	Stalled, LongestStall time.Duration
	Buffer                time.Duration
	// Until is when the media in the buffer, and what is listed after it, ends unless more
	// comes; zero unless it plays, and once the playlist has ended. What is listed does not
	// count while requests fail.
	Until time.Time
	// Target is the target duration of the playlist; zero before the first.
	Target time.Duration
	// Latency is how far the date of the picture is behind now; without dates, how far
	// the picture is behind the end of the playlist; -1 when unknown.
	Latency time.Duration
	// MSN is the newest segment that was downloaded, Listed the newest that is listed;
	// -1 before the first.
	MSN, Listed int64
	// Appended is when MSN was downloaded; zero before the first.
	Appended time.Time

	Requests, Failed int
	Bytes            int64
	Violated         int
	// LongestFirstByte and LongestWait are those of all requests.
	LongestFirstByte, LongestWait time.Duration
	// Standstill is the longest time that the playlist is known to have had no new
	// segment.
	Standstill time.Duration
	// Gaps counts the segments that were declared missing, Skipped those that left the
	// playlist before they were fetched.
	Gaps, Skipped int
	// GaveUp is how often hls.js would have given up. Reloaded is how often the player
	// began again because the playlist had left it behind, as its viewer would have done.
	GaveUp, Reloaded int
	// Starved is how long this process did not get to run: what was late then was late
	// because of the machine.
	Starved time.Duration
	// Bitrate is that of the last segments, in bits a second.
	Bitrate int64
	// Packager is the X-Packager of the last playlist, which was received at Loaded.
	Packager string
	Loaded   time.Time
	// Trouble is the Cause of the last failed request; empty when media has come since.
	Trouble string

	byRule [rules.Count]int
}

// Broken is how often a rule was broken.
func (s Status) Broken(r rules.Rule) int {
	if r < 0 || int(r) >= rules.Count {
		return 0
	}
	return s.byRule[r]
}

// Report is everything that a player has recorded. Its lists hold the newest, up to
// Options.Keep, oldest first.
type Report struct {
	Status
	Violations []rules.Violation
	Failures   []Failure
	Stalls     []Stall // the one that lasts included
	Transfers  []Request
	Waits      []Wait // for a byte, of half a millisecond or more
	Starvation []Wait
	Growth     []rules.Newest
}

// Since returns the report of what happened at t or later, with its counts: requests that
// ended, waits and stalls that lasted into it or began in it.
func (r Report) Since(t time.Time) Report {
	after := func(at time.Time, length time.Duration) bool { return !at.Add(length).Before(t) }
	r.Violations = keep(r.Violations, func(v rules.Violation) bool { return after(v.At, 0) })
	r.Failures = keep(r.Failures, func(f Failure) bool { return after(f.At, f.Length) })
	r.Stalls = keep(r.Stalls, func(s Stall) bool { return s.Lasts || after(s.At, s.Length) })
	r.Transfers = keep(r.Transfers, func(q Request) bool { return after(q.At, q.Length) })
	r.Waits = keep(r.Waits, func(w Wait) bool { return after(w.At, w.Length) })
	r.Starvation = keep(r.Starvation, func(w Wait) bool { return after(w.At, w.Length) })
	r.Growth = keep(r.Growth, func(n rules.Newest) bool { return after(n.To, 0) })
	r.Violated, r.Failed, r.Requests, r.StallCount = len(r.Violations), len(r.Failures), len(r.Transfers), len(r.Stalls)
	r.byRule = [rules.Count]int{}
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

// Gap is the longest time that a request in flight between from and to waited for its next
// byte, and false when none was in flight. A request that has not ended counts with those
// of its waits that have.
func (r Report) Gap(from, to time.Time) (time.Duration, bool) {
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
