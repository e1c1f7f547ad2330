package judge

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// Verdict is what the players saw of one fault.
type Verdict struct {
	// Passed: no failed request, no wrong byte, no broken rule, no stall.
	Passed bool
	// Evidence says why it did not pass, Notes what else a reader should know.
	Evidence, Notes []string

	Players, InFlight int // InFlight is how many transfers of media the fault met
	Requests, Failed  int
	// BrokenOff counts the requests that the proxy's death broke off and that came whole
	// when they were made again. They do not count as failed.
	BrokenOff            int
	Violated             int
	Stalls               int
	Stalled, LongestWait time.Duration
	Standstill           time.Duration
	Starved              time.Duration
}

// standstillLimit is how long a playlist may go without a new segment (docs/FAILURES.md,
// rule window).
const standstillLimit = fault.TargetDuration * 3 / 2

const (
	// buffered is how far back the cause of a stall may lie: what a player holds at
	// most, and the patience of a request.
	buffered = 12 * time.Second
	// noteStarved is how much starvation is worth a note.
	noteStarved = 500 * time.Millisecond
	// recordedWithin is how soon after a transfer its violation is recorded.
	recordedWithin = 100 * time.Millisecond
	// inFlightShare is the share of the players that must have a transfer in flight for a
	// verdict to mean anything.
	inFlightShare = 0.5
)

// Judge compares what players have seen up to now with what they had seen before the
// fault. unwell says what has not recovered although it had the time; it is empty when
// everything has. Pure.
func Judge(before, after []player.Report, in Scope, unwell string) Verdict {
	v, sum := judgeReports(after, in)
	v.Standstill, v.Starved = sum.Standstill, in.starved(in.From, time.Time{})
	if limit := standstillLimit + in.NoSource; v.Standstill > limit {
		v.Evidence = append(v.Evidence, fmt.Sprintf("the playlist stood still: no player saw a new segment for %s, at most %s is allowed", round(v.Standstill), limit))
	}
	v.others(before, after)
	if unwell != "" {
		v.Evidence = append(v.Evidence, "not as before the fault: "+unwell)
	}
	if len(v.Evidence) == 0 && float64(v.InFlight) < inFlightShare*float64(v.Players) {
		v.Evidence = append(v.Evidence, fmt.Sprintf("this proves nothing: only %d of %d players had a transfer in flight", v.InFlight, v.Players))
	}
	if v.Starved >= noteStarved {
		v.Notes = append(v.Notes, fmt.Sprintf("the machine did not let the drill itself run for %s", round(v.Starved)))
	}
	v.Passed = len(v.Evidence) == 0
	return v
}

// During judges a part of a soak: what players saw in a period, whichever fault caused it.
// Pure.
func During(list []player.Report, in Scope, to time.Time) Verdict {
	until := make([]player.Report, len(list))
	for i, r := range list {
		r.Failures = slices.DeleteFunc(slices.Clone(r.Failures), func(f player.Failure) bool { return f.At.After(to) })
		r.Violations = slices.DeleteFunc(slices.Clone(r.Violations), func(x rules.Violation) bool { return x.At.After(to) })
		r.Stalls = slices.DeleteFunc(slices.Clone(r.Stalls), func(s player.Stall) bool { return s.At.After(to) })
		until[i] = r
	}
	v, _ := judgeReports(until, in)
	return v
}

// judgeReports judges the failures, violations and stalls since in.From. It also returns
// the sum of the reports since then.
func judgeReports(list []player.Report, in Scope) (Verdict, player.Summary) {
	since := make([]player.Report, len(list))
	for i, r := range list {
		since[i] = r.Since(in.From)
	}
	sum := player.Summarize(since)
	v := Verdict{Players: len(list), InFlight: inFlight(list, in.At), Requests: sum.Requests, Violated: sum.Violated, LongestWait: sum.LongestWait}
	v.BrokenOff = excuse(since, in.Deaths)
	v.Failed = sum.Failed - v.BrokenOff
	v.failures(since, in)
	v.violations(since, in)
	v.stalls(since, in)
	v.noteBrokenOff()
	v.Passed = len(v.Evidence) == 0
	return v, sum
}

// Fail adds evidence that the fault did not pass.
func (v *Verdict) Fail(evidence string) { v.Evidence, v.Passed = append(v.Evidence, evidence), false }

// FailFirst is Fail, and puts the evidence before the rest.
func (v *Verdict) FailFirst(evidence string) {
	v.Evidence, v.Passed = append([]string{evidence}, v.Evidence...), false
}

func (v *Verdict) noteBrokenOff() {
	if v.BrokenOff > 0 {
		v.Notes = append(v.Notes, Count(v.BrokenOff, "transfer")+" broken off by the proxy's death came whole when asked for again")
	}
}

// inFlight is how many transfers of media were under way at a time.
func inFlight(list []player.Report, at time.Time) int {
	n := 0
	for _, r := range list {
		for _, q := range r.Transfers {
			if q.URL != r.URL && q.At.Before(at) && q.At.Add(q.Length).After(at) {
				n++
			}
		}
	}
	return n
}
