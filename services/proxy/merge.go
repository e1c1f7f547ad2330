package proxy

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/report"
)

// merge offers the timeline what the packagers list. Needs mu.
func (st *stream) merge(now time.Time) {
	if st.line.empty() && st.gathering(now) {
		return
	}
	holes := int64(0)
	for _, i := range st.order() {
		rec := &st.record[i]
		if rec.list == nil || rec.list.EndList && st.line.empty() {
			continue
		}
		if rec.fresh || rec.behind || st.line.next() <= rec.list.LastMSN()+st.line.shift.Delta {
			st.offer(rec, now)
			if rec.hole > 0 {
				holes++
			}
		}
	}
	if holes == 0 {
		st.holeSince = time.Time{}
	} else if st.holeSince.IsZero() {
		st.holeSince = now
	}
	if st.line.empty() {
		return
	}
	target := st.line.target()
	switch {
	case st.goesOn(now):
		st.holeSince = time.Time{}
	case holes > 0 && now.Sub(st.holeSince) >= target/2:
		st.fill(now)
	case now.Sub(st.grew) > target+target/2:
		st.adopt(now)
	}
}

// goesOn reports whether a packager goes on with what was served: what others list
// that does not is no reason to leave its numbers. Needs mu.
func (st *stream) goesOn(now time.Time) bool {
	return slices.ContainsFunc(st.record, func(r record) bool {
		return r.conflict == "" && !r.behind && r.hole == 0 && st.alive(&r, now)
	})
}

// alive reports whether a packager answers with a playlist that is not stale.
func (st *stream) alive(r *record, now time.Time) bool {
	reached := r.seen.First
	if r.seen.Advanced.After(reached) {
		reached = r.seen.Advanced
	}
	return r.list != nil && r.seen.Fails == 0 && now.Sub(reached) <= st.line.target()*3/2
}

// took notes what an offer brought. Needs mu.
func (st *stream) took(o offer, now time.Time) {
	if o.Added == 0 {
		return
	}
	st.grew = now
	for _, e := range st.line.entries[len(st.line.entries)-o.Added:] {
		st.arrived[e.MSN] = now
		st.use(e)
	}
}

// fill goes on behind a hole that nobody fills. Needs mu.
func (st *stream) fill(now time.Time) {
	for _, i := range st.order() {
		rec := &st.record[i]
		if rec.conflict != "" || !st.alive(rec, now) {
			continue
		}
		hole := rec.hole
		if hole == 0 {
			continue
		}
		gone := slices.Clone(st.line.entries)
		if o := st.line.skip(rec.list); o.Added > 0 {
			st.s.log.Warn("segments are missing at every packager", "playlist", st.key, "segments", hole, "next_msn", st.line.next())
			st.retireMissing(gone, now)
			st.took(o, now)
			st.reconsider(now)
			return
		}
	}
}

// retireMissing retires those of the old entries that are not in the timeline any
// more. Needs mu.
func (st *stream) retireMissing(old []entry, now time.Time) {
	first := st.line.next()
	if len(st.line.entries) > 0 {
		first = st.line.entries[0].MSN
	}
	for i, e := range old {
		if e.MSN >= first {
			old = old[:i]
			break
		}
	}
	st.retire(old, now)
}

// adopt goes on with a packager whose numbers or segments are not those that were
// served, when nobody goes on with ours. Needs mu.
func (st *stream) adopt(now time.Time) {
	for _, i := range st.order() {
		rec := &st.record[i]
		if rec.list == nil || rec.seen.Fails > 0 || rec.conflict == "" && !rec.behind || !st.moves(rec, now) {
			continue
		}
		why := rec.conflict
		if why == "" {
			why = fmt.Sprintf("its numbers fell to %d", rec.list.LastMSN())
		}
		gone := slices.Clone(st.line.entries)
		// Dates that stay behind are those of a clock that was set back.
		if o := st.line.renumber(rec.list, now.Sub(st.grew) > 3*st.line.target()); o.Added > 0 {
			st.s.log.Warn("going on under a discontinuity", "playlist", st.key, "packager", st.packagers[i].base, "reason", report.Clean(why), "next_msn", st.line.next())
			st.retireMissing(gone, now)
			st.took(o, now)
			st.reconsider(now)
			return
		}
	}
}

// offer has the timeline look at a packager's playlist. Needs mu.
func (st *stream) offer(rec *record, now time.Time) {
	o := st.line.offer(rec.list)
	rec.fresh, rec.conflict, rec.behind, rec.hole = false, o.Conflict, o.Behind, o.Hole
	st.took(o, now)
}

// reconsider has every playlist looked at again, under new numbers. Needs mu.
func (st *stream) reconsider(now time.Time) {
	st.holeSince = time.Time{}
	for i := range st.record {
		if rec := &st.record[i]; rec.list != nil {
			st.offer(rec, now)
		}
	}
}

// moves reports whether a packager's playlist grew lately.
func (st *stream) moves(rec *record, now time.Time) bool {
	target := st.line.target()
	return !rec.seen.Advanced.IsZero() && now.Sub(rec.seen.Advanced) <= 2*target
}
