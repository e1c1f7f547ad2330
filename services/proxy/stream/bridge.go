package stream

import (
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/timeline"
)

// bridge continues the timeline when no packager does: beyond a hole that no packager
// fills, or with another packager's segments.
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

// patience is how long the timeline may stand still before it continues with another
// packager's segments. The leading packager may be late; when it is gone, nothing is
// gained by waiting beyond the time when its next segment is due.
func (s *State) patience(p *Playlist) time.Duration {
	target := p.target()
	if p.over {
		return 0 // no player waits for more
	}
	if n := len(p.line.Entries); n > 0 && p.records[p.lead].verdict.State == report.Down && p.records[p.lead].seen.Fails > 1 {
		return min(p.line.Entries[n-1].Segment.Duration, target)
	}
	return target + target/2
}

// fills reports whether a packager has segments beyond a hole.
func (s *State) fills(p *Playlist, i int) bool {
	r := &p.records[i]
	return r.rel.Hole > 0 && !r.held && r.rel.Conflict == "" && r.proof.verdict != other && s.alive(p, i)
}

// fill continues the timeline beyond a hole that no packager fills, and reports whether
// it did.
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
		if far { // the packager began anew
			s.broke(p)
			p.doubt()
		}
		s.turn(p, i, added, gone)
		return true
	}
	return false
}

// adopt continues the timeline with a packager that has other numbers or segments than
// were served, when no packager continues those.
func (s *State) adopt(p *Playlist) {
	for _, i := range s.order(p) {
		r := &p.records[i]
		if r.list == nil || r.held || !r.answers() || s.joins(p, i) || r.rel.Hole > 0 && r.proof.verdict != other {
			continue // fill takes it later
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
			skip = max(0, n-3) // the dates stay behind because a clock was set back
		}
		added, gone, err := p.line.Adopt(r.found(), skip)
		if err != nil || added == 0 {
			if err != nil {
				s.cannotMerge(p, err)
			}
			continue
		}
		s.say(Warn, "going on under a discontinuity", "playlist", p.key, "packager", s.Packagers[i], "reason", text.Clean(s.whyOther(p, i)), "next_msn", p.line.Next())
		for j := range gone {
			if e := &gone[j]; e.Segment.Discontinuity && !e.Theirs {
				p.broken-- // no player saw it
			}
		}
		s.broke(p)
		p.doubt()
		s.turn(p, i, added, gone)
		p.stuck.adopted(s.now)
		return
	}
}

// turn notes that the timeline continues with another packager's list. The others are
// compared with its numbers from now on.
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

// broke counts a discontinuity that was added. It is one that another rendition of the
// stream already has, or a new one.
func (s *State) broke(p *Playlist) {
	if p.broken++; p.broken > s.breaks.count {
		s.breaks.count, s.breaks.last = p.broken, s.now
	}
}

// followBreaks adds the discontinuities that other renditions have, unless their cause
// shows here as well.
func (s *State) followBreaks(p *Playlist) {
	if p.broken < s.breaks.count && s.now.Sub(s.breaks.last) > 3*p.target() && p.line.Break() {
		p.broken++
	}
}

// moves reports whether a packager's playlist has grown lately.
func (s *State) moves(p *Playlist, i int) bool {
	r := &p.records[i]
	return !r.seen.Advanced.IsZero() && s.now.Sub(r.seen.Advanced) <= 2*p.target()
}
