package stream

import (
	"time"

	"livestream-tui/services/proxy/timeline"
)

// advance lists the pending segments that are ready, and fetches the others.
func (s *State) advance(p *Playlist) {
	if p.line.Empty() {
		return
	}
	target := p.target()
	played := p.isPlayed(s.now)
	pending := p.line.Pending()
	n := 0
	for ; n < len(pending); n++ {
		if !s.ready(p, &pending[n], played, target) {
			if !s.passed(p, pending[n:], target) {
				break
			}
			s.miss(p, pending[n].MSN)
		}
	}
	if played {
		for i := range pending[n:] {
			s.fetchEntry(p, &pending[n+i])
		}
	}
	if n == 0 {
		if p.line.Listed > 0 && s.isOutdated(p) {
			s.show(p)
		}
		return
	}
	for _, e := range pending[:n] {
		delete(p.media.arrived, e.MSN)
	}
	s.retire(p, p.line.List(n, s.now))
	s.show(p)
	s.emit(Keep{p.key})
}

// isOutdated reports whether anything besides the segments has changed since the playlist
// was shown: tags, the end, the active packager.
func (s *State) isOutdated(p *Playlist) bool {
	b := &p.shown
	return p.media.retagged || b.Mode != Merged || b.Packager != s.choice.Active || b.Live == p.line.Ended
}

// lateTargets is how many target durations after its listing a segment counts as missing:
// some packagers list a segment before they write it.
const lateTargets = 2

// ready reports whether an entry may be listed, because it can be downloaded at once and
// at full speed.
func (s *State) ready(p *Playlist, e *timeline.Entry, played bool, target time.Duration) bool {
	if !played || e.Segment.Gap {
		return true
	}
	age := s.now.Sub(p.media.arrived[e.MSN])
	for _, r := range e.Resources() {
		f := p.media.fetches[r.ID()]
		switch f.outcome {
		case Whole, Elsewhere:
			continue
		case Absent:
			if age >= lateTargets*target {
				s.miss(p, e.MSN) // no packager has it
				return true
			}
			return false
		case Begun:
			if r == e.Media && age >= target/4 {
				continue
			}
		}
		return false
	}
	return true
}

// passed reports whether the first of pending is still missing long after a later one has
// come, so that the playlist goes on without it.
func (s *State) passed(p *Playlist, pending []timeline.Entry, target time.Duration) bool {
	if s.now.Sub(p.media.arrived[pending[0].MSN]) < target {
		return false
	}
	for i := range pending[1:] {
		e := &pending[1+i]
		if s.now.Sub(p.media.arrived[e.MSN]) >= max(target/4, 2*retryAfter) && p.media.fetches[e.Media.ID()].outcome == Whole {
			return true
		}
	}
	return false
}

// miss lists a pending entry as a gap.
func (s *State) miss(p *Playlist, msn int64) {
	if !p.line.Miss(msn) {
		return
	}
	s.emit(Index{p.key, *p.line.Entry(msn)})
	s.say(Warn, "a segment is missing at every packager", "playlist", p.key, "msn", msn)
}

// keepEnd ends the playlist once all packagers that answer have ended it for a target
// duration. One of several, or one that ends it as it dies, does not end it.
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

// giveUp drops an event that has ended for players and that packagers no longer have:
// what comes under its name is another event.
func (s *State) giveUp(p *Playlist) {
	s.say(Info, "the playlist has ended and is gone", "playlist", p.key)
	s.empty(p)
	p.over, p.end = false, time.Time{}
	s.emit(Keep{p.key})
}

// beginAnew starts another event under the name of one that has ended. It does not
// continue that one, whose players have gone.
func (s *State) beginAnew(p *Playlist) {
	s.say(Info, "another event begins where one has ended", "playlist", p.key)
	s.empty(p)
	p.over, p.end, p.shown = false, time.Time{}, Snapshot{Last: -1, Part: -1}
	s.start(p)
}

// anyBehindEnd reports whether a packager lists a segment after the last one here.
func (s *State) anyBehindEnd(p *Playlist) bool {
	for i := range p.records {
		r := &p.records[i]
		if r.answers() && r.list != nil && s.joins(p, i) && r.list.LastMSN()+p.line.Shift.Delta >= p.line.Next() {
			return true
		}
	}
	return false
}
