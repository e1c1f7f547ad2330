package judge

import (
	"fmt"
	"maps"
	"slices"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// failures adds the failed requests, each way of failing once.
func (v *Verdict) failures(list []player.Report, in Scope) {
	type way struct {
		first   player.Failure
		player  string
		times   int
		players map[string]bool
	}
	type kind struct {
		kind  player.FailureKind
		cause string
	}
	ways := map[kind]*way{}
	for _, r := range list {
		for _, f := range r.Failures {
			k := kind{f.Kind, f.Cause}
			w := ways[k]
			if w == nil {
				w = &way{first: f, player: r.Name, players: map[string]bool{}}
				ways[k] = w
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
			Count(w.times, "failed request"), Count(len(w.players), "player"), w.player, in.when(w.first.At.Add(w.first.Length)), w.first.URL, w.first.Err))
	}
}

// violations adds the broken rules, each once.
func (v *Verdict) violations(list []player.Report, in Scope) {
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

// lateByMachine reports whether a rule was broken by a transfer that came whole, and was
// late by no more than the time that this process did not get to run.
func lateByMachine(r player.Report, x rules.Violation, in Scope) bool {
	for _, q := range r.Transfers {
		end := q.At.Add(q.Length)
		if q.Err == "" && q.Waited > 0 && !end.After(x.At) && x.At.Sub(end) < recordedWithin && in.starved(q.At, end) >= q.Waited-fault.TargetDuration {
			return q.Waited > fault.TargetDuration
		}
	}
	return false
}

// excused notes how many stalls or transfers were slow because of the machine.
func (v *Verdict) excused(n int, what string) {
	if n > 0 {
		v.Notes = append(v.Notes, Count(n, what)+" not counted: the machine did not let the drill itself run for as long")
	}
}

// stalls adds the stalls. A stall is excused by the machine only if this process did not
// get to run for as long as the picture stood still.
func (v *Verdict) stalls(list []player.Report, in Scope) {
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
			Count(v.Stalls, "stall"), round(v.Stalled), of, in.when(longest.At), round(longest.Length)))
	}
	v.excused(excused, "stall")
}

// others adds evidence that has no time: players that gave up or no longer play.
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
		v.Evidence = append(v.Evidence, Count(gaveUp, "player")+" would have given up for good")
	}
	if dead != "" {
		v.Evidence = append(v.Evidence, dead)
	}
	if asleep > 0 {
		v.Evidence = append(v.Evidence, "no request ended at "+Count(asleep, "player"))
	}
}
