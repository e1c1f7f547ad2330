package stream

import (
	"slices"
	"time"

	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/timeline"
)

// merge adds to the timeline what the packagers list.
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
		p.cut = 0 // it was shown without
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

// start begins the timeline, with the playlist of the active packager if there is one.
func (s *State) start(p *Playlist) {
	for _, i := range s.order(p) {
		r := &p.records[i]
		if r.list == nil || r.list.EndList || len(r.list.Segments) == 0 {
			continue
		}
		behind := s.behindSiblings(p, i)
		n, err := p.line.Begin(r.found(), behind)
		if err != nil {
			s.cannotMerge(p, err)
			continue
		}
		p.lead, p.broken = i, s.breaks.count
		for j := range p.records {
			p.records[j].proof = proof{asked: p.records[j].proof.asked} // the proofs were for another timeline
		}
		s.took(p, n)
		return
	}
}

// cannotMerge notes that a playlist cannot be merged.
func (s *State) cannotMerge(p *Playlist, err error) {
	p.stuck.because(text.Cause(err), s.now)
}

// behindSiblings is how far a packager's discontinuity numbers are behind those of the
// stream's other renditions here. Matching content has matching numbers (RFC 8216,
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

// completing reports whether a restored timeline still waits for the segments that it
// lost: once it is shown, it can no longer begin at a lower number.
func (s *State) completing(p *Playlist) bool {
	return p.cut > 0 && s.now.Sub(p.began) < beginPatience
}

// relate compares a packager's playlist with the timeline.
func (s *State) relate(p *Playlist, i int) {
	r := &p.records[i]
	if r.list == nil {
		r.rel = timeline.Relation{} // it is not a media playlist any more
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

// maxDrift is how far the dates of one segment may be apart without a warning.
const maxDrift = 500 * time.Millisecond

// joins reports whether a packager's segments continue the timeline, and are taken.
func (s *State) joins(p *Playlist, i int) bool {
	return i >= 0 && !p.records[i].held && s.continues(p, i)
}

// continues reports whether a packager's segments continue the timeline.
func (s *State) continues(p *Playlist, i int) bool {
	r := &p.records[i]
	return r.list != nil && r.rel.Conflict == "" && !r.rel.Behind && r.rel.Hole == 0 && s.isSame(p, i)
}

// goesOn reports whether a packager continues what was served. Other packagers are no
// reason to leave its numbers.
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

// append adds the segments that a packager lists and that are due.
func (s *State) append(p *Playlist, i int) {
	n, err := p.line.Append(p.records[i].found())
	if err != nil {
		p.records[i].rel.Conflict = err.Error()
		s.cannotMerge(p, err)
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

// doubt forgets which packagers have the timeline's media, because its numbers mean other
// segments from now on.
func (p *Playlist) doubt() {
	for i := range p.records {
		p.records[i].proof.verdict, p.records[i].proof.fell = unknown, false
	}
}

// retag takes the tags beside the segments from the leading packager.
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

// windowKept is how long the window stays long after packagers have shortened theirs.
const windowKept = time.Minute

// keepWindow makes the window as long as the longest one of the packagers that continue
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
