package stream

import (
	"slices"
	"time"

	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/report"
)

// merge offers the timeline what the packagers list.
func (s *State) merge(p *Playlist) {
	if p.line.Empty() {
		s.start(p)
	}
	if p.line.Empty() {
		return
	}
	if p.restored {
		s.complete(p)
	}
	if !s.completing(p) {
		p.cut = 0 // it was shown as it is
	}
	for i := range p.records {
		s.relate(p, i)
	}
	if !s.goesOn(p, p.lead) && s.goesOn(p, s.index(s.choice.Active)) {
		p.lead = s.index(s.choice.Active)
	}
	for _, i := range s.order(p) {
		if s.joins(p, i) {
			s.append(p, i)
		}
	}
	s.bridge(p)
	s.retag(p)
	s.keepWindow(p)
	s.keepEnd(p)
}

func (s *State) index(base string) int { return slices.Index(s.Packagers, base) }

// start takes the first playlist: the active packager's where it has one.
func (s *State) start(p *Playlist) {
	for _, i := range s.order(p) {
		r := &p.records[i]
		if r.list == nil || r.list.EndList || len(r.list.Segments) == 0 {
			continue
		}
		behind := s.behindSiblings(p, i)
		n, err := p.line.Begin(r.found(), behind)
		if err != nil {
			s.pinch(p, err)
			continue
		}
		p.lead, p.broken = i, s.breaks.count
		for j := range p.records {
			p.records[j].proof = proof{asked: p.records[j].proof.asked} // it was of another timeline
		}
		s.took(p, n)
		return
	}
}

// pinch notes that a playlist cannot be merged.
func (s *State) pinch(p *Playlist, err error) {
	p.stuck.because(report.Cause(err), s.now)
}

// behindSiblings is how far a packager's discontinuity numbers are behind those that the
// stream's other renditions are given: matching content has matching numbers (RFC 8216,
// 6.2.4), also in a rendition that is first asked for later.
func (s *State) behindSiblings(p *Playlist, i int) int64 {
	for _, q := range s.ordered() {
		if q == p || q.mode != Merged || q.lead != i || q.records[i].list == nil || len(q.line.Entries) == 0 {
			continue
		}
		l := q.records[i].list
		theirs := l.DiscontinuitySequence
		for j := range l.Segments {
			if l.MediaSequence+int64(j)+q.line.Shift.Delta > q.line.Next()-1 {
				break
			}
			if l.Segments[j].Discontinuity {
				theirs++
			}
		}
		return max(q.line.Count()-theirs, 0)
	}
	return s.breaks.count
}

// complete adds what a restored timeline has lost of a long window, before it is shown
// with anything new.
func (s *State) complete(p *Playlist) {
	for _, i := range s.order(p) {
		r := &p.records[i]
		if r.list == nil || !r.fresh {
			continue
		}
		if rel := p.line.Compare(r.found()); rel.Conflict+rel.Renamed == "" && !rel.Behind && rel.Hole == 0 {
			if n := p.line.Prepend(r.found(), p.line.Entries[0].MSN-int64(p.cut)); n > 0 {
				for j := range p.line.Entries[:n] {
					p.line.Entries[j].Listed = s.now
					s.use(p, &p.line.Entries[j])
				}
			}
			p.restored, p.cut = false, 0
			return
		}
	}
}

// completing reports whether a restored timeline waits for what it has lost: what it
// has shown begins at no lower number from then on.
func (s *State) completing(p *Playlist) bool {
	return p.cut > 0 && s.now.Sub(p.began) < beginPatience
}

// relate says how a packager's playlist stands to the timeline.
func (s *State) relate(p *Playlist, i int) {
	r := &p.records[i]
	if r.list == nil {
		r.rel = timeline.Relation{} // it is no media playlist any more
		return
	}
	if !r.fresh && r.rel.Conflict == "" && r.rel.Hole == 0 && !r.rel.Behind && p.line.Next() > r.list.LastMSN()+p.line.Shift.Delta {
		return
	}
	before := r.rel
	r.rel = p.line.Compare(r.found())
	r.fresh = false
	if (r.rel.Renamed != "") != (before.Renamed != "") {
		r.proof = proof{asked: r.proof.asked, fell: r.proof.fell} // other names may mean other media
	}
	if r.rel.Drift.Abs() > maxDrift && before.Drift.Abs() <= maxDrift {
		s.say(Warn, "packager's dates are not those that were served, which are gone on with", "playlist", p.key, "packager", s.Packagers[i],
			"drift_ms", r.rel.Drift.Milliseconds())
	}
}

// maxDrift is how far the dates of one segment may be apart without a word.
const maxDrift = 500 * time.Millisecond

// joins reports whether a packager's segments go on with the timeline.
func (s *State) joins(p *Playlist, i int) bool {
	if i < 0 {
		return false
	}
	r := &p.records[i]
	return r.list != nil && r.rel.Conflict == "" && !r.rel.Behind && r.rel.Hole == 0 && s.isSame(p, i)
}

// goesOn reports whether a packager goes on with what was served: what others list that
// does not is no reason to leave its numbers.
func (s *State) goesOn(p *Playlist, i int) bool {
	return s.joins(p, i) && s.alive(p, i)
}

func (s *State) anyGoesOn(p *Playlist) bool {
	for i := range p.records {
		if s.goesOn(p, i) {
			return true
		}
	}
	return false
}

// alive reports whether a packager answers with a playlist that is not stale.
func (s *State) alive(p *Playlist, i int) bool {
	r := &p.records[i]
	reached := r.seen.First
	if r.seen.Advanced.After(reached) {
		reached = r.seen.Advanced
	}
	return r.list != nil && r.answers() && s.now.Sub(reached) <= p.target()*3/2
}

// append takes what a packager lists and is due.
func (s *State) append(p *Playlist, i int) {
	n, err := p.line.Append(p.records[i].found())
	if err != nil {
		p.records[i].rel.Conflict = err.Error()
		s.pinch(p, err)
		return
	}
	s.took(p, n)
}

// took notes that n entries are new.
func (s *State) took(p *Playlist, n int) {
	if n == 0 {
		return
	}
	p.media.appended = s.now
	for i := len(p.line.Entries) - n; i < len(p.line.Entries); i++ {
		e := &p.line.Entries[i]
		p.media.arrived[e.MSN] = s.now
		s.use(p, e)
	}
}

// bridge goes on where nobody goes on: behind a hole that nobody fills, or with another
// packager's segments.
func (s *State) bridge(p *Playlist) {
	holes := false
	for i := range p.records {
		holes = holes || s.fills(p, i)
	}
	switch {
	case !holes:
		p.media.holeSince = time.Time{}
	case p.media.holeSince.IsZero():
		p.media.holeSince = s.now
	}
	target := p.target()
	switch {
	case s.anyGoesOn(p):
		p.media.holeSince = time.Time{}
		for i := range p.records {
			p.records[i].proof.since = time.Time{}
		}
		s.followBreaks(p)
	case holes && s.now.Sub(p.media.holeSince) >= target/2 && s.fill(p):
	case s.now.Sub(p.media.appended) > s.patience(p):
		s.adopt(p)
	}
}

// patience is how long the timeline may stand still before it goes on with another
// packager's segments: the one that leads may be late, but where it is gone nothing is
// gained beyond the time when its next segment would have been due.
func (s *State) patience(p *Playlist) time.Duration {
	target := p.target()
	if p.over {
		return 0 // nobody waits for more
	}
	if n := len(p.line.Entries); n > 0 && p.records[p.lead].verdict.State == report.Down && p.records[p.lead].seen.Fails > 1 {
		return min(p.line.Entries[n-1].Segment.Duration, target)
	}
	return target + target/2
}

// fills reports whether a packager goes on behind a hole.
func (s *State) fills(p *Playlist, i int) bool {
	r := &p.records[i]
	return r.rel.Hole > 0 && r.rel.Conflict == "" && r.proof.verdict != other && s.alive(p, i)
}

// fill goes on behind a hole that nobody fills, and reports whether it does.
func (s *State) fill(p *Playlist) bool {
	for _, i := range s.order(p) {
		if !s.fills(p, i) {
			continue
		}
		r := &p.records[i]
		hole, far := r.rel.Hole, p.line.Far(r.rel.Hole)
		added, gone, err := p.line.Skip(r.found())
		if err != nil || added == 0 {
			continue
		}
		s.say(Warn, "segments are missing at every packager", "playlist", p.key, "segments", hole, "next_msn", p.line.Next())
		if far { // it began anew
			s.broke(p)
			p.doubt()
		}
		s.turn(p, i, added, gone)
		return true
	}
	return false
}

// adopt goes on with a packager whose numbers or segments are not those that were
// served, when nobody goes on with ours.
func (s *State) adopt(p *Playlist) {
	for _, i := range s.order(p) {
		r := &p.records[i]
		if r.list == nil || !r.answers() || s.joins(p, i) || r.rel.Hole > 0 && r.proof.verdict != other {
			continue // fill has it, in a while
		}
		if !p.over && !s.moves(p, i) || s.sampling(p, i) {
			continue
		}
		if p.over {
			if r.list.EndList {
				continue
			}
			s.beginAnew(p)
			return
		}
		skip := p.line.Unseen(r.found(), r.proof.samples)
		if n := int64(len(r.list.Segments)); skip == n {
			if s.now.Sub(p.media.appended) <= 3*p.target() {
				continue
			}
			skip = max(0, n-3) // dates that stay behind are those of a clock that was set back
		}
		added, gone, err := p.line.Adopt(r.found(), skip)
		if err != nil || added == 0 {
			if err != nil {
				s.pinch(p, err)
			}
			continue
		}
		s.say(Warn, "going on under a discontinuity", "playlist", p.key, "packager", s.Packagers[i], "reason", report.Clean(s.whyOther(p, i)), "next_msn", p.line.Next())
		for j := range gone {
			if e := &gone[j]; e.Segment.Discontinuity && !e.Theirs {
				p.broken-- // nobody saw it
			}
		}
		s.broke(p)
		p.doubt()
		s.turn(p, i, added, gone)
		p.stuck.adopted(s.now)
		return
	}
}

// doubt forgets who has the timeline's media: its numbers mean other segments from here
// on.
func (p *Playlist) doubt() {
	for i := range p.records {
		p.records[i].proof.verdict, p.records[i].proof.fell = unknown, false
	}
}

// turn notes that the timeline goes on with another packager's list, whose numbers the
// others are compared with from now on.
func (s *State) turn(p *Playlist, lead, added int, gone []timeline.Entry) {
	p.lead = lead
	s.retire(p, gone)
	s.took(p, added)
	p.media.holeSince = time.Time{}
	for i := range p.records {
		r := &p.records[i]
		r.proof.since = time.Time{}
		if r.list != nil {
			r.fresh = true
			s.relate(p, i)
		}
	}
}

// broke counts a discontinuity that was added: one that another rendition of the stream
// has already, or a new one.
func (s *State) broke(p *Playlist) {
	if p.broken++; p.broken > s.breaks.count {
		s.breaks.count, s.breaks.last = p.broken, s.now
	}
}

// followBreaks adds the discontinuity that the other renditions have, if what they had
// it for does not come here by itself.
func (s *State) followBreaks(p *Playlist) {
	if p.broken < s.breaks.count && s.now.Sub(s.breaks.last) > 3*p.target() && p.line.Break() {
		p.broken++
	}
}

// moves reports whether a packager's playlist grew lately.
func (s *State) moves(p *Playlist, i int) bool {
	r := &p.records[i]
	return !r.seen.Advanced.IsZero() && s.now.Sub(r.seen.Advanced) <= 2*p.target()
}

// retag takes over the tags beside the segments, of the packager that leads.
func (s *State) retag(p *Playlist) {
	i := p.lead
	if !s.goesOn(p, i) {
		i = s.first(p, func(r *record) bool { return s.goesOn(p, s.index(r.seen.Packager)) })
	}
	if i >= 0 && p.media.tagged != p.records[i].list {
		p.line.Retag(p.records[i].found())
		p.media.tagged, p.media.retagged = p.records[i].list, true
	}
}

// windowKept is how long the window stays after packagers have made theirs shorter.
const windowKept = time.Minute

// keepWindow makes the window as long as the longest one of a packager that goes on with
// the timeline.
func (s *State) keepWindow(p *Playlist) {
	var longest time.Duration
	for i := range p.records {
		if s.joins(p, i) && p.records[i].answers() {
			longest = max(longest, p.records[i].length)
		}
	}
	if longest >= p.line.Window {
		p.line.Window, p.media.widest = longest, s.now
	} else if longest > 0 && s.now.Sub(p.media.widest) > windowKept {
		p.line.Window, p.media.widest = longest, s.now
	}
}

// keepEnd ends the playlist once every packager that answers has said so for a target
// duration: one of several, or one that says it as it dies, ends nothing.
func (s *State) keepEnd(p *Playlist) {
	ended := s.hasEnded(p) && !s.anyBehindEnd(p)
	switch {
	case !ended:
		p.end = time.Time{}
	case p.end.IsZero():
		p.end = s.now
	}
	p.line.Ended = ended && s.now.Sub(p.end) >= p.target()
	told := p.shown.Mode == Merged && !p.shown.Live && len(p.line.Pending()) == 0
	p.over = p.line.Ended && told || p.over && !s.anyGoesOn(p)
}

// beginAnew starts another event under the name of one that has ended: it is no part of
// that one, whose players have gone.
func (s *State) beginAnew(p *Playlist) {
	s.say(Info, "another event begins where one has ended", "playlist", p.key)
	s.empty(p)
	p.over, p.end, p.shown = false, time.Time{}, Snapshot{Last: -1, Part: -1}
	s.start(p)
}

// anyBehindEnd reports whether a packager lists a segment that we do not have yet.
func (s *State) anyBehindEnd(p *Playlist) bool {
	for i := range p.records {
		r := &p.records[i]
		if r.answers() && r.list != nil && s.joins(p, i) && r.list.LastMSN()+p.line.Shift.Delta >= p.line.Next() {
			return true
		}
	}
	return false
}
