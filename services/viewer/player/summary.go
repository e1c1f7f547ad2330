package player

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/rules"
)

// Summary is what many players saw together.
type Summary struct {
	Players, Starting, Playing, Stalled, Ended int

	Requests, Failed int
	Bytes            int64
	Violated         int
	// Broken is how often each rule was broken, without the rules that held.
	Broken                        map[rules.Rule]int
	Stalls                        int
	StalledFor, LongestStall      time.Duration
	LongestFirstByte, LongestWait time.Duration
	// Standstill is the longest time that a playlist is known to have had no new segment,
	// from all its players together: more exact than what one of them knows.
	Standstill    time.Duration
	Gaps, Skipped int
	GaveUp        int
	// Starved is the longest time that one of the players did not get to run.
	Starved time.Duration
}

// Summarize puts reports together.
func Summarize(reports []Report) Summary {
	s := Summary{Players: len(reports), Broken: map[rules.Rule]int{}}
	growth := map[string]map[int64]rules.Newest{} // by playlist and MSN
	for _, r := range reports {
		switch r.State {
		case event.ViewPlaying:
			s.Playing++
		case event.ViewStalled:
			s.Stalled++
		case event.ViewEnded:
			s.Ended++
		default:
			s.Starting++
		}
		s.Requests += r.Requests
		s.Failed += r.Failed
		s.Bytes += r.Bytes
		s.Violated += r.Violated
		for rule, n := range r.byRule {
			if n > 0 {
				s.Broken[rules.Rule(rule)] += n
			}
		}
		s.Stalls += r.StallCount
		s.StalledFor += r.Stalled
		s.LongestStall = max(s.LongestStall, r.LongestStall)
		s.LongestFirstByte = max(s.LongestFirstByte, r.LongestFirstByte)
		s.LongestWait = max(s.LongestWait, r.LongestWait)
		s.Gaps += r.Gaps
		s.Skipped += r.Skipped
		s.GaveUp += r.GaveUp
		s.Starved = max(s.Starved, r.Starved)
		s.Standstill = max(s.Standstill, r.Standstill)
		if growth[r.URL] == nil {
			growth[r.URL] = map[int64]rules.Newest{}
		}
		join(growth[r.URL], r.Growth)
	}
	for _, of := range growth {
		for _, n := range of {
			s.Standstill = max(s.Standstill, n.To.Sub(n.From))
		}
	}
	return s
}

// join widens the time in which each segment was the newest to what any player saw.
func join(to map[int64]rules.Newest, list []rules.Newest) {
	for _, n := range list {
		if was, known := to[n.MSN]; known {
			if was.From.Before(n.From) {
				n.From = was.From
			}
			if was.To.After(n.To) {
				n.To = was.To
			}
		}
		to[n.MSN] = n
	}
}

// Clean reports whether every player plays, and no player saw a failed request, a broken
// rule or a stall.
func (s Summary) Clean() bool {
	return s.Failed+s.Violated+s.Stalls+s.GaveUp+s.Starting+s.Stalled+s.Ended == 0
}

// String says in one line what the players saw.
func (s Summary) String() string {
	var seen []string
	note := func(n int, one, many string) {
		switch {
		case n == 1:
			seen = append(seen, "1 "+one)
		case n > 1:
			seen = append(seen, fmt.Sprintf("%d %s", n, many))
		}
	}
	note(s.Failed, "failed request", "failed requests")
	for _, r := range slices.Sorted(maps.Keys(s.Broken)) {
		seen = append(seen, fmt.Sprintf("%s broken %d×", r, s.Broken[r]))
	}
	if s.Stalls > 0 {
		note(s.Stalls, "stall", "stalls")
		seen[len(seen)-1] += fmt.Sprintf(" of up to %s", s.LongestStall.Round(time.Millisecond))
	}
	note(s.Starting, "player does not play", "players do not play")
	note(s.GaveUp, "player gave up", "players gave up")
	if len(seen) == 0 {
		return fmt.Sprintf("%d players saw nothing", s.Players)
	}
	return strings.Join(seen, ", ")
}
