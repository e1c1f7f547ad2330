package drill

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// Verdict is what the players saw of one fault.
type Verdict struct {
	// Passed: no failed request, no wrong byte, no rule broken, no stall.
	Passed bool
	// Evidence says in words why it did not pass; Notes what else is to be known.
	Evidence, Notes []string

	Players, InFlight int // InFlight is how many transfers of media the fault met
	Requests, Failed  int
	// BrokenOff are requests that the proxy's death broke off and that came whole when
	// they were made again; they do not count as failed.
	BrokenOff            int
	Violated             int
	Stalls               int
	Stalled, LongestWait time.Duration
	Standstill           time.Duration
	Starved              time.Duration
}

// scope is the time that a verdict is about, and what is known of it.
type scope struct {
	// From is when the fault was prepared, At when it came.
	From, At time.Time
	// NoSource is for how long there was nowhere to get a new segment from.
	NoSource time.Duration
	// Starved are the times in which this process did not get to run.
	Starved []player.Wait
	// Broke are the times at which the proxy was killed.
	Broke []span
}

// target is the target duration of our worker's signals.
const target = 2 * time.Second

// stillMost is how long a playlist may have no new segment (FAILURES.md, rule 7).
const stillMost = target * 3 / 2

const (
	// buffered is how far back the cause of a stall may lie: what a player holds at
	// most, and the patience of a request.
	buffered = 12 * time.Second
	// noteStarved is how much starvation is worth a word.
	noteStarved = 500 * time.Millisecond
	// toldWithin is how soon after a transfer what is wrong with it is told.
	toldWithin = 100 * time.Millisecond
	// fewFlying is the part of the players that must have a transfer in flight for a
	// fault to have met anybody.
	fewFlying = 0.5
)

// judge holds what players saw up to now against what they had seen before the
// fault. unwell says what is not well again although it had the time; empty for
// nothing. Pure.
func judge(before, after []player.Report, in scope, unwell string) Verdict {
	since := make([]player.Report, len(after))
	for i, r := range after {
		since[i] = r.Since(in.From)
	}
	sum := player.Summarize(since)
	brokenOff := excuse(since, in.Broke)
	sum.Failed -= brokenOff
	v := Verdict{
		BrokenOff: brokenOff,
		Players:   len(after), InFlight: inFlight(after, in.At), Requests: sum.Requests, Failed: sum.Failed, Violated: sum.Violated,
		LongestWait: sum.LongestWait, Standstill: sum.Standstill, Starved: in.starved(in.From, time.Time{}),
	}
	v.failures(since, in)
	v.violations(since, in)
	v.stalls(since, in)
	if most := stillMost + in.NoSource; v.Standstill > most {
		v.Evidence = append(v.Evidence, fmt.Sprintf("the playlist stood still: no new segment for %s by what all players saw together, at most %s is allowed", round(v.Standstill), most))
	}
	v.others(before, after)
	if v.BrokenOff > 0 {
		v.Notes = append(v.Notes, count(v.BrokenOff, "transfer")+" broken off by the proxy's death came whole when asked for again")
	}
	if unwell != "" {
		v.Evidence = append(v.Evidence, "not as before the fault: "+unwell)
	}
	if len(v.Evidence) == 0 && float64(v.InFlight) < fewFlying*float64(v.Players) {
		v.Evidence = append(v.Evidence, fmt.Sprintf("nothing is shown: only %d of %d players had a transfer in flight", v.InFlight, v.Players))
	}
	if v.Starved >= noteStarved {
		v.Notes = append(v.Notes, fmt.Sprintf("the machine did not let the drill itself run for %s", round(v.Starved)))
	}
	v.Passed = len(v.Evidence) == 0
	return v
}

// excuse takes the failures out of reports that are of requests which the proxy's
// death broke off, where the player then had the same URL whole. A refused
// connection is never excused: the proxy's sockets outlive it.
func excuse(list []player.Report, broke []span) int {
	n := 0
	for i := range list {
		r := &list[i]
		var left []player.Failure
		for _, f := range r.Failures {
			if brokenOff(f, broke) && cameWhole(r.Transfers, f) {
				n++
				continue
			}
			left = append(left, f)
		}
		r.Failures = left
	}
	return n
}

// brokenOff reports whether a request was under way when the proxy died, and had
// its connection broken.
func brokenOff(f player.Failure, broke []span) bool {
	cut := false
	for _, way := range []string{"EOF", "connection reset", "broken pipe", "broke off"} {
		cut = cut || strings.Contains(f.Err, way)
	}
	if !cut || strings.Contains(f.Err, "refused") {
		return false
	}
	end := f.At.Add(f.Length)
	return slices.ContainsFunc(broke, func(b span) bool { return !f.At.After(b.To) && !end.Before(b.From) })
}

// outstanding is how many requests the proxy's death broke off that have not come
// whole since: a slow reader learns of it late, and asks again slowly.
func outstanding(list []player.Report, broke []span) int {
	n := 0
	for _, r := range list {
		for _, f := range r.Failures {
			if brokenOff(f, broke) && !cameWhole(r.Transfers, f) {
				n++
			}
		}
	}
	return n
}

func cameWhole(list []player.Request, f player.Failure) bool {
	return slices.ContainsFunc(list, func(q player.Request) bool {
		return q.URL == f.URL && q.Err == "" && q.At.After(f.At)
	})
}

// inFlight is how many transfers of media were under way.
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

// failures tells of failed requests, each way of failing once.
func (v *Verdict) failures(list []player.Report, in scope) {
	type way struct {
		first   player.Failure
		player  string
		times   int
		players map[string]bool
	}
	ways := map[string]*way{}
	for _, r := range list {
		for _, f := range r.Failures {
			kind := skeleton(f.Err)
			w := ways[kind]
			if w == nil {
				w = &way{first: f, player: r.Name, players: map[string]bool{}}
				ways[kind] = w
			}
			if f.At.Before(w.first.At) {
				w.first, w.player = f, r.Name
			}
			w.times++
			w.players[r.Name] = true
		}
	}
	for _, w := range slices.SortedFunc(maps.Values(ways), func(a, b *way) int { return a.first.At.Compare(b.first.At) }) {
		v.Evidence = append(v.Evidence, fmt.Sprintf("%s of %s; first %s, %s: %s: %s",
			count(w.times, "failed request"), count(len(w.players), "player"), w.player, in.when(w.first.At.Add(w.first.Length)), w.first.URL, w.first.Err))
	}
}

// skeleton is text without its numbers, by which ways of failing are told apart.
func skeleton(text string) string {
	b := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c < '0' || c > '9' {
			b = append(b, c)
		}
	}
	return string(b)
}

func (v *Verdict) violations(list []player.Report, in scope) {
	type rule struct {
		first  rules.Violation
		player string
		times  int
	}
	broken := map[rules.Rule]*rule{}
	excused := 0
	for _, r := range list {
		for _, x := range r.Violations {
			if x.Rule == rules.Download && lateByMachine(r, x, in) {
				excused++
				continue
			}
			b := broken[x.Rule]
			if b == nil {
				b = &rule{first: x, player: r.Name}
				broken[x.Rule] = b
			}
			if x.At.Before(b.first.At) {
				b.first, b.player = x, r.Name
			}
			b.times++
		}
	}
	for _, r := range slices.Sorted(maps.Keys(broken)) {
		b := broken[r]
		v.Evidence = append(v.Evidence, fmt.Sprintf("rule %q broken %d×; first %s, %s: %s", r, b.times, b.player, in.when(b.first.At), b.first.Text))
	}
	v.excused(excused, "slow transfer")
}

// lateByMachine reports whether a rule was broken by a transfer that was whole, and
// late by no more than this process did not get to run meanwhile.
func lateByMachine(r player.Report, x rules.Violation, in scope) bool {
	for _, q := range r.Transfers {
		end := q.At.Add(q.Length)
		if q.Err == "" && q.Waited > 0 && !end.After(x.At) && x.At.Sub(end) < toldWithin && in.starved(q.At, end) >= q.Waited-target {
			return q.Waited > target
		}
	}
	return false
}

// excused tells of what is the machine's and not the proxy's.
func (v *Verdict) excused(n int, what string) {
	if n > 0 {
		v.Notes = append(v.Notes, count(n, what)+" not counted: the machine did not let the drill itself run for as long")
	}
}

// stalls tells of stalls. One is the machine's and not the proxy's only where this
// process did not get to run for as long as the picture stood.
func (v *Verdict) stalls(list []player.Report, in scope) {
	var longest player.Stall
	of, excused := "", 0
	for _, r := range list {
		for _, s := range r.Stalls {
			if in.starved(s.At.Add(-buffered), s.At.Add(s.Length)) >= s.Length {
				excused++
				continue
			}
			v.Stalls++
			v.Stalled += s.Length
			if s.Length > longest.Length {
				longest, of = s, r.Name
			}
		}
	}
	if v.Stalls > 0 {
		v.Evidence = append(v.Evidence, fmt.Sprintf("%s, %s in all; the longest %s, %s for %s",
			count(v.Stalls, "stall"), round(v.Stalled), of, in.when(longest.At), round(longest.Length)))
	}
	v.excused(excused, "stall")
}

// starved is for how long this process did not get to run from then to then; to the
// end where to is zero.
func (s scope) starved(from, to time.Time) time.Duration {
	var total time.Duration
	for _, w := range s.Starved {
		begin, end := w.At, w.At.Add(w.Length)
		if begin.Before(from) {
			begin = from
		}
		if !to.IsZero() && end.After(to) {
			end = to
		}
		total += max(0, end.Sub(begin))
	}
	return total
}

// others tells of what has no time of its own: who has given up, or plays no more.
func (v *Verdict) others(before, after []player.Report) {
	gaveUp, dead, asleep := 0, "", 0
	for i, r := range after {
		if i < len(before) {
			gaveUp += r.GaveUp - before[i].GaveUp
			if r.Requests == before[i].Requests {
				asleep++
			}
		}
		if r.State != event.ViewPlaying {
			dead = fmt.Sprintf("%s is %s in the end", r.Name, r.State)
		}
	}
	if gaveUp > 0 {
		v.Evidence = append(v.Evidence, count(gaveUp, "player")+" would have given up for good")
	}
	if dead != "" {
		v.Evidence = append(v.Evidence, dead)
	}
	if asleep > 0 {
		v.Evidence = append(v.Evidence, "no request ended at "+count(asleep, "player"))
	}
}

// when is a time as seen from the fault.
func (s scope) when(t time.Time) string {
	d := t.Sub(s.At)
	if d < 0 {
		return fmt.Sprintf("%.2f s before the fault", -d.Seconds())
	}
	return fmt.Sprintf("%.2f s after the fault", d.Seconds())
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func round(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
