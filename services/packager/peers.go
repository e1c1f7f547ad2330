package packager

import (
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
)

// mark is when a peer was first seen to list a segment.
type mark struct {
	msn int64
	at  time.Time
}

// peers is what is known of the other packagers' playlists of one signal. Peers that do
// not answer are not in it.
type peers struct{ heard map[string][]mark }

// maxMarks bounds the marks of a peer.
const maxMarks = 64

// hear notes that a peer lists msn. If that is less than before, the peer began anew and
// its earlier marks are void.
func (p *peers) hear(peer string, msn int64, now time.Time) {
	marks := p.heard[peer]
	if n := len(marks); n > 0 {
		switch last := marks[n-1].msn; {
		case msn == last:
			return
		case msn < last:
			marks = nil
		case n == maxMarks:
			marks = append([]mark(nil), marks[1:]...)
		}
	}
	if p.heard == nil {
		p.heard = map[string][]mark{}
	}
	p.heard[peer] = append(marks, mark{msn, now})
}

// forget drops a peer that does not answer: even if it has the segment, players cannot get
// it there.
func (p *peers) forget(peer string) { delete(p.heard, peer) }

// ahead returns a peer that has had a segment newer than ours for more than half a target
// duration. It must have moved within the last one and a half: a peer that has stopped is
// no better than this packager. Since a peer must be strictly ahead, and what is known of
// it is at most seconds old, packagers never wait for each other.
func (p *peers) ahead(newest int64, target time.Duration, now time.Time) (peer string, msn int64, ok bool) {
	for name, marks := range p.heard {
		last := marks[len(marks)-1]
		if last.msn <= max(newest, msn) || now.Sub(last.at) > target+target/2 {
			continue
		}
		for _, m := range marks {
			if m.msn > newest {
				if now.Sub(m.at) > target/2 {
					peer, msn, ok = name, last.msn, true
				}
				break
			}
		}
	}
	return peer, msn, ok
}

// isInTime reports whether a playlist lists nothing earlier than it may by this machine's
// clock. What it dates is measured alone.
func isInTime(list *m3u8.MediaPlaylist, now time.Time) bool {
	if len(list.Segments) == 0 {
		return true
	}
	last := &list.Segments[len(list.Segments)-1]
	return last.ProgramDateTime.IsZero() || last.ProgramDateTime.Add(last.Duration).Sub(now) <= health.LeadMost(last.Duration)
}
