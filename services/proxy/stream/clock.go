package stream

import (
	"time"

	"livestream-tui/services/hls/health"
)

// aheadOf reports which packagers are ahead of this machine's clock; nil for none.
func (s *State) aheadOf(p *Playlist) []bool {
	ahead := false
	for i := range p.records {
		ahead = ahead || s.Policy.Clock && p.records[i].seen.IsAhead(s.now)
	}
	if !ahead {
		return nil
	}
	obs := make([]health.Observation, len(p.records))
	for i := range p.records {
		obs[i] = p.records[i].seen
	}
	return s.Policy.Ahead(obs, s.now)
}

// replaces reports whether another packager is usable in place of those that are ahead, and
// continues what players have. Once they have been served what is ahead, because nothing else
// was usable, they would see nothing new until the others have come that far.
func (s *State) replaces(p *Playlist, ahead []bool, usable func(i int) bool) bool {
	for i := range ahead {
		if ahead[i] || !usable(i) {
			continue
		}
		if p.mode != Merged || p.line.Empty() {
			return true
		}
		if s.continues(p, i) && p.records[i].newest()+p.line.Shift.Delta >= p.line.Next()-2 {
			return true
		}
	}
	return false
}

// hold decides which packagers' segments are not taken, before others are: what one lists
// before its time would be gone on with.
func (s *State) hold(p *Playlist) {
	ahead := s.aheadOf(p)
	held := s.replaces(p, ahead, func(i int) bool { return health.Usable(p.records[i].verdict.State) })
	for i := range p.records {
		p.records[i].held = held && ahead[i]
	}
}

// earlyOver is how long after the last segment before its time segments come in time again.
const earlyOver = 10 * time.Second

// tellEarly logs when players begin to be served ahead of this machine's clock, and when
// that is over. Of the playlists of a stream, one tells.
func (s *State) tellEarly(p *Playlist) {
	i := s.index(s.choice.Active)
	if !s.Policy.Clock || i < 0 || s.early != "" && s.early != p.key {
		return
	}
	switch early := s.now.Sub(p.records[i].seen.Early) < earlyOver; {
	case early && s.early == "":
		s.early = p.key
		s.say(Warn, "players are served segments before their time: the clock of the packager's machine is ahead, or this machine's is behind",
			"playlist", p.key, "packager", s.Packagers[i])
	case !early && s.early != "":
		s.early = ""
		s.say(Info, "players are served segments in time again", "playlist", p.key, "packager", s.Packagers[i])
	}
}
