package proxy

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/health"
	"livestream-tui/services/report"
)

// order is the packagers by index, best first: the active one, then as judged.
// Needs mu.
func (st *stream) order() []int {
	list := make([]int, len(st.packagers))
	for i := range list {
		list[i] = i
	}
	if len(st.verdicts) == 0 {
		return list
	}
	rank := map[string]int{}
	for n, v := range health.Order(st.verdicts, st.choice.Active) {
		rank[v.Packager] = n
	}
	slices.SortStableFunc(list, func(a, b int) int { return rank[st.packagers[a].base] - rank[st.packagers[b].base] })
	return list
}

// judge makes verdicts of what is known, and the choice. Needs mu.
func (st *stream) judge(now time.Time) {
	order := make([]int, 0, len(st.record)) // the active one first: it is right where two differ
	for i := range st.record {
		if st.packagers[i].base == st.choice.Active {
			order = append(order, i)
		}
	}
	for i := range st.record {
		if st.packagers[i].base != st.choice.Active {
			order = append(order, i)
		}
	}
	verdicts := make([]health.Verdict, len(order))
	goesOn := !st.line.empty() && st.goesOn(now)
	var peers []int
	var obs []health.Observation
	for _, i := range order {
		rec := &st.record[i]
		// Whose numbers are not ours is no measure of who lags.
		if rec.conflict != "" || rec.behind || rec.far(st.line.maxHole()) {
			verdicts[i] = health.Judge([]health.Observation{rec.seen}, now, health.Policy{})[0]
			continue
		}
		peers, obs = append(peers, i), append(obs, rec.seen)
	}
	for n, v := range health.Judge(obs, now, health.Policy{}) {
		verdicts[peers[n]] = v
	}
	for i, v := range verdicts {
		rec := &st.record[i]
		if health.Usable(v.State) || v.State == report.Misaligned {
			switch {
			case rec.far(st.line.maxHole()) && goesOn:
				v.State, v.Reason = report.Misaligned, fmt.Sprintf("misaligned: its first msn is %d, %d is due", rec.list.MediaSequence, st.line.next()-st.line.shift.Delta)
			case rec.conflict != "":
				v.State, v.Reason = report.Misaligned, "misaligned: "+rec.conflict
			case rec.behind:
				v.State, v.Reason = report.Misaligned, fmt.Sprintf("misaligned: its newest msn is %d, %d was served", rec.seen.Pos.MSN, st.line.last())
			case v.State == report.Misaligned && st.line.listed > 0:
				// It agrees with what was served: the peer is the one that does not.
				v.State, v.Reason = report.Up, ""
			}
		}
		verdicts[i] = rec.trouble.apply(v)
	}
	st.alert(verdicts)
	for i, v := range verdicts {
		rec := &st.record[i]
		switch {
		case v.State == report.Up:
			rec.fault, rec.saved = time.Time{}, 0
		case rec.fault.IsZero():
			rec.fault = now
		}
	}
	st.verdicts = verdicts
	if st.multi != nil || st.ended != nil || st.gathering(now) {
		return // nothing to choose: it is what it is, or is not known yet
	}
	var m *move
	if st.choice, m = st.choice.next(verdicts, st.preferred, now); m != nil {
		st.switched(*m, now)
	}
}

// alert tells of each packager that has become misaligned: it is no standby any more
// (FAILURES.md, case 17). Needs mu.
func (st *stream) alert(verdicts []health.Verdict) {
	for i, v := range verdicts {
		if v.State == report.Misaligned && (st.verdicts == nil || st.verdicts[i].State != report.Misaligned) {
			st.s.log.Warn("packager cannot stand in for the others", "playlist", st.key, "packager", v.Packager, "reason", report.Clean(v.Reason))
		}
	}
}

// note takes what a fetch saw of a packager.
func (st *stream) note(u *upstream, msn int64, f finding) {
	st.mu.Lock()
	defer st.mu.Unlock()
	now := time.Now()
	for i := range st.record {
		if st.packagers[i] != u {
			continue
		}
		rec := &st.record[i]
		if f.kind == findingSaved {
			rec.saved++
			st.s.metrics.saved.WithLabelValues(u.base).Inc()
			continue
		}
		if f.kind == findingAbsent && (!st.lists(rec, msn) || msn-st.line.shift.Delta == rec.list.MediaSequence) {
			return // it never said that it had it, or is about to list it no more
		}
		if f.kind == findingAbsent {
			f.cause = fmt.Sprintf("msn %d, which it lists, answered %s", msn, f.cause)
		}
		if f.kind != findingGood && rec.fault.IsZero() {
			rec.fault = now
		}
		rec.trouble = rec.trouble.note(f, now, st.targetLocked())
	}
	st.settle(now)
}

// lists reports whether a packager's last playlist has the segment.
func (st *stream) lists(rec *record, msn int64) bool {
	if rec.list == nil || rec.conflict != "" {
		return false
	}
	theirs := msn - st.line.shift.Delta
	return theirs >= rec.list.MediaSequence && theirs <= rec.list.LastMSN()
}
