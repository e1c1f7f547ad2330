package stream

import (
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/timeline"
)

// Step returns the state after e, and what is to be done. It is pure.
func Step(s State, e Event) (State, []Effect) {
	s.now, s.effects = e.at(), nil
	switch e := e.(type) {
	case Begin:
		s.begin(e.Playlist, e.Target)
	case Leave:
		s.leave(e.Playlist)
	case Played:
		s.played(e.Playlist)
	case Loaded:
		s.loaded(e)
	case Fetched:
		s.fetched(e)
	case Noted:
		s.noted(e)
	case Proved:
		s.proved(e)
	case Hinted:
		s.hinted(e)
	case Preferred:
		s.preferred = e.Packager
		s.settle()
	case Tick:
		s.tick(e)
	}
	return s, s.effects
}

func (s *State) begin(key, target string) {
	if s.playlists[key] == nil {
		s.follow(key, target)
	}
}

// follow begins to follow a playlist at all packagers.
func (s *State) follow(key, target string) *Playlist {
	p := &Playlist{key: key, asked: target, began: s.now, line: timeline.Timeline{Key: key, Hosts: s.hosts}, media: newMedia()}
	p.shown = Snapshot{Last: -1, Part: -1}
	p.slot = s.slotOf(key)
	for i, base := range s.Packagers {
		p.records = append(p.records, record{
			seen: health.Observation{Packager: base, Pos: m3u8.Pos{MSN: -1, Part: -1}}, target: s.targetOf(p, i),
		})
	}
	s.playlists[key] = p
	for i := range p.records {
		s.load(p, i, 0, -1, -1)
	}
	return p
}

// leave forgets a playlist.
func (s *State) leave(key string) {
	p := s.playlists[key]
	if p == nil {
		return
	}
	for _, r := range p.media.retired {
		s.forget(p, &r.Entry)
	}
	for i := range p.line.Entries {
		s.forget(p, &p.line.Entries[i])
	}
	if s.early == key {
		s.early = ""
	}
	delete(s.playlists, key)
}

func (s *State) tick(e Tick) {
	for key, t := range e.Played {
		if p := s.playlists[key]; p != nil {
			p.media.played = t
		}
	}
	s.settle()
	for _, p := range s.playlists {
		s.retire(p, nil)
		s.checkHealth(p)
		for i := range p.records {
			s.hurry(p, i)
		}
	}
}

// settle brings all playlists up to date, after each change and as time passes.
func (s *State) settle() {
	for _, p := range s.ordered() {
		s.settleOne(p)
	}
	s.finishSwitches()
}

// settleAfter is settle for a change that concerns one playlist alone.
func (s *State) settleAfter(p *Playlist) {
	s.settleOne(p)
	s.finishSwitches()
}

func (s *State) settleOne(p *Playlist) {
	if p.line.Empty() {
		s.judge(p) // so that it begins with the freshest packager
	}
	s.decide(p)
	s.hold(p)
	if p.mode == Merged {
		s.merge(p)
	}
	s.judge(p)
	if p.mode == Merged {
		s.advance(p)
		s.prove(p)
		s.watchProgress(p)
	}
	s.offer(p)
}

// ordered are the playlists by key, so that the same events have the same effects.
func (s *State) ordered() []*Playlist {
	list := make([]*Playlist, 0, len(s.playlists))
	for _, p := range s.playlists {
		list = append(list, p)
	}
	sortPlaylists(list)
	return list
}

// beginPatience is how long to wait for the first answers of all packagers before the
// playlist begins with those that have come.
const beginPatience = 300 * time.Millisecond

// gathering reports whether some packager's first answer is still waited for.
func (p *Playlist) gathering(now time.Time) bool {
	if now.Sub(p.began) >= beginPatience {
		return false
	}
	for i := range p.records {
		if p.records[i].seen.At.IsZero() {
			return true
		}
	}
	return false
}
