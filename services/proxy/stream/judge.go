package stream

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/hls/failover"
	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/trouble"
)

// order is the packagers by index, best first. The active one comes before its equals.
func (s *State) order(p *Playlist) []int {
	list := make([]int, len(s.Packagers))
	for i := range list {
		list[i] = i
	}
	if p.records[0].verdict.Packager == "" {
		return list
	}
	slices.SortStableFunc(list, func(a, b int) int {
		x, y := &p.records[a].verdict, &p.records[b].verdict
		switch {
		case health.Better(x.State, y.State):
			return -1
		case health.Better(y.State, x.State):
			return 1
		case x.Packager == s.choice.Active:
			return -1
		case y.Packager == s.choice.Active:
			return 1
		}
		return 0
	})
	return list
}

// judge judges the packagers for a playlist, and decides which one is active.
func (s *State) judge(p *Playlist) {
	for i, v := range s.judged(p) {
		r := &p.records[i]
		if v.State == report.Misaligned && r.verdict.State != report.Misaligned {
			// It is no standby from now on.
			s.say(Warn, "packager cannot stand in for the others", "playlist", p.key, "packager", v.Packager, "reason", text.Clean(v.Reason))
		}
		r.verdict = v
		switch {
		case v.State == report.Up:
			r.fault, r.saved = time.Time{}, 0
		case r.fault.IsZero():
			r.fault = s.now
		}
	}
	if !s.aggregate() {
		return // nothing is known that could decide
	}
	var m *failover.Move
	if s.choice, m = s.choice.Next(s.verdicts, s.preferred, s.now); m != nil {
		s.switched(p, *m)
	}
	s.tellEarly(p)
}

// judged are the verdicts for a playlist.
func (s *State) judged(p *Playlist) []health.Verdict {
	verdicts := make([]health.Verdict, len(p.records))
	merged := !p.line.Empty()
	goesOn := merged && s.anyGoesOn(p)
	peers := make([]int, 0, len(p.records))
	obs := make([]health.Observation, 0, len(p.records))
	ahead := s.aheadOf(p)
	first := s.index(s.choice.Active) // it is right when two packagers differ
	for n := range p.records {
		i := n
		if first >= 0 {
			i = (first + n) % len(p.records)
		}
		r := &p.records[i]
		// A packager with other numbers, or from another time, is no measure of lag.
		if p.mode == PassedThrough || ahead != nil && ahead[i] || merged && (r.rel.Conflict != "" || r.rel.Behind || p.line.Far(r.rel.Hole) || r.proof.verdict == other || r.rel.Renamed != "" || r.proof.fell) {
			verdicts[i] = health.Judge([]health.Observation{r.seen}, s.now)[0]
			if r.answers() && r.list == nil {
				verdicts[i].State, verdicts[i].Reason = report.Up, "" // a multivariant playlist does not grow
			}
			continue
		}
		peers, obs = append(peers, i), append(obs, r.seen)
	}
	for n, v := range health.Judge(obs, s.now) {
		verdicts[peers[n]] = v
	}
	newest := int64(-1)
	for i := range verdicts {
		newest = max(newest, verdicts[i].Pos.MSN)
	}
	for i := range verdicts {
		if r := &p.records[i]; r.answers() && r.answer.Multi != nil {
			verdicts[i].State, verdicts[i].Reason, verdicts[i].Pos.MSN = report.Up, "", newest // it has no segments to judge it by
		}
	}
	for i := range verdicts {
		r := &p.records[i]
		if merged && p.mode == Merged {
			s.misaligned(p, i, &verdicts[i], goesOn)
		}
		verdicts[i] = r.trouble.Apply(verdicts[i])
	}
	if s.replaces(p, ahead, func(i int) bool { return health.Usable(verdicts[i].State) }) {
		for i := range verdicts {
			if ahead[i] {
				verdicts[i] = verdicts[i].LeaveAhead(&p.records[i].seen)
			}
		}
	}
	return verdicts
}

// misaligned makes the verdict on a packager misaligned when its segments are not those
// that are served.
func (s *State) misaligned(p *Playlist, i int, v *health.Verdict, goesOn bool) {
	r := &p.records[i]
	if !health.Usable(v.State) && v.State != report.Misaligned {
		return
	}
	switch {
	case p.line.Far(r.rel.Hole) && goesOn:
		v.State, v.Reason = report.Misaligned, fmt.Sprintf("misaligned: its first msn is %d, %d is due", r.list.MediaSequence, p.line.Next()-p.line.Shift.Delta)
	case r.rel.Conflict != "", r.proof.verdict == other, (r.rel.Renamed != "" || r.proof.fell) && r.proof.verdict != same:
		v.State, v.Reason = report.Misaligned, "misaligned: "+s.whyOther(p, i)
	case r.rel.Behind:
		v.State, v.Reason = report.Misaligned, fmt.Sprintf("misaligned: its newest msn is %d, %d was served", r.seen.Pos.MSN, p.line.Last())
	case v.State == report.Misaligned && p.line.Listed > 0:
		// It agrees with what was served, so its peer is the one that differs.
		*v = health.Judge([]health.Observation{r.seen}, s.now)[0]
	}
}

// aggregate makes the stream's verdicts out of those of its playlists: a packager is as
// good as it is for the worst of them. A playlist that every packager fails at does not
// count. False when no playlist counts.
func (s *State) aggregate() bool {
	best := make([]health.Verdict, 0, len(s.Packagers))
	judged := false
	for _, usable := range []bool{true, false} {
		for _, p := range s.ordered() {
			if p.gathering(s.now) || p.mode == Refused || p.mode == Forwarded || p.hasNoOther() || usable != p.isUsable() {
				continue
			}
			for i := range p.records {
				v := p.records[i].verdict
				switch {
				case !judged:
					best = append(best, v)
				case health.Better(best[i].State, v.State):
					best[i] = v
				}
			}
			judged = true
		}
		if judged {
			s.verdicts = best
			return true
		}
	}
	return false
}

// isUsable reports whether some packager is usable for the playlist.
func (p *Playlist) isUsable() bool {
	return slices.ContainsFunc(p.records, func(r record) bool { return health.Usable(r.verdict.State) })
}

// hasNoOther reports whether the playlist is a recording, for which no packager is better
// than another.
func (p *Playlist) hasNoOther() bool {
	return p.mode == PassedThrough && p.shown.Body != nil && !p.shown.Live
}

// noted takes a finding of a fetch on a packager.
func (s *State) noted(e Noted) {
	p := s.playlists[e.Playlist]
	if p == nil {
		return
	}
	r, f := &p.records[e.Packager], e.Finding
	saved := f.Kind == trouble.Saved
	if saved {
		r.saved++
		if r.lacks != e.MSN {
			return
		}
		// It lists a segment that it does not have and a peer has.
		f = trouble.Finding{Kind: trouble.Absent, Cause: "status 404"}
	}
	if f.Kind == trouble.Absent {
		if !s.lists(p, r, e.MSN) || e.MSN-p.line.Shift.Delta == r.list.MediaSequence {
			return // it never listed the segment, or is about to drop it
		}
		if arrived := p.media.arrived[e.MSN]; !saved && !arrived.IsZero() && s.now.Sub(arrived) < lateTargets*p.target() && s.everyoneLacks(p, e.MSN) {
			r.lacks = e.MSN
			return // all packagers may list it before they write it
		}
		f.Cause = fmt.Sprintf("msn %d, which it lists, answered %s", e.MSN, f.Cause)
	}
	if f.Kind != trouble.Good && r.fault.IsZero() {
		r.fault = s.now
	}
	r.trouble = r.trouble.Note(f, s.now, p.target())
	s.settleAfter(p)
}

// everyoneLacks reports whether no packager has given a segment yet.
func (s *State) everyoneLacks(p *Playlist, msn int64) bool {
	e := p.line.Entry(msn)
	if e == nil {
		return false
	}
	f := p.media.fetches[e.Media.ID()]
	return f.outcome != Whole && f.outcome != Begun
}

// lists reports whether a packager's last playlist has the segment.
func (s *State) lists(p *Playlist, r *record, msn int64) bool {
	if r.list == nil || r.rel.Conflict != "" {
		return false
	}
	theirs := msn - p.line.Shift.Delta
	return theirs >= r.list.MediaSequence && theirs <= r.list.LastMSN()
}
