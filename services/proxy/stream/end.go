package stream

import "time"

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

// giveUp gives up an event that players were told has ended and that packagers have no
// more: what comes under its name is another one.
func (s *State) giveUp(p *Playlist) {
	s.say(Info, "the playlist has ended and is gone", "playlist", p.key)
	s.empty(p)
	p.over, p.end = false, time.Time{}
	s.emit(Keep{p.key})
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
