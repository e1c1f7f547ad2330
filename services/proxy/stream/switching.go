package stream

import (
	"time"

	"livestream-tui/services/hls/failover"
	"livestream-tui/services/kit/text"
)

// switching is a move to another packager that has brought nothing new yet.
type switching struct {
	playlist  string
	move      failover.Move
	fault, at time.Time // when the old packager first failed, when it was left
	before    int64     // the newest number then
	saved     int
}

// switchMost is how long the announcement of a move waits until players have something
// new.
const switchMost = 10 * time.Second

// switched notes a move to another packager, for which p was the reason.
func (s *State) switched(p *Playlist, m failover.Move) {
	if q := s.foremost(p); q != nil {
		p = q
	}
	if m.From == "" || p.shown.Body == nil { // no player was served yet
		s.say(Info, "packager chosen", "playlist", p.key, "packager", m.To)
		return
	}
	w := switching{playlist: p.key, move: m, fault: s.now, at: s.now, before: p.shown.Last}
	if i := s.index(m.From); i >= 0 {
		r := &p.records[i]
		if !r.fault.IsZero() {
			w.fault = r.fault
		}
		w.saved, r.saved = r.saved, 0
	}
	s.say(Debug, "switching", "playlist", p.key, "from", m.From, "to", m.To, "cause", text.Clean(m.Cause))
	s.switching = append(s.switching, w)
}

// foremost is the playlist whose numbers describe a move: the one that was the reason, or
// else the first that has numbers.
func (s *State) foremost(p *Playlist) *Playlist {
	if p.shown.Last >= 0 {
		return p
	}
	for _, q := range s.ordered() {
		if q.shown.Last >= 0 {
			return q
		}
	}
	return nil
}

// finishSwitches announces the moves that have brought something new.
func (s *State) finishSwitches() {
	open := s.switching[:0:0]
	for _, w := range s.switching {
		p := s.playlists[w.playlist]
		if p != nil && p.shown.Last <= w.before && s.now.Sub(w.at) < switchMost {
			open = append(open, w)
			continue
		}
		if p != nil {
			if i := s.index(w.move.From); i >= 0 {
				w.saved += p.records[i].saved
				p.records[i].saved = 0
			}
		}
		s.emit(Switched{Playlist: w.playlist, Move: w.move, Fault: w.fault, At: w.at, Before: w.before, Saved: w.saved})
	}
	s.switching = open
}
