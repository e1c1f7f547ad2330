package packager

import "time"

// mark is when a peer first listed a segment, as far as we know.
type mark struct {
	msn int64
	at  time.Time
}

// peers is what is known of the other packagers' playlists of one signal. Whoever
// cannot be asked is not in it.
type peers struct{ heard map[string][]mark }

// maxMarks bounds what is remembered of a peer: more than that behind is behind.
const maxMarks = 64

// hear notes that peer lists msn. Where that is less than before, the peer began
// anew and what was known of it is void.
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

// forget drops a peer that does not answer: it may have the segment, but nobody
// can get it there.
func (p *peers) forget(peer string) { delete(p.heard, peer) }

// ahead returns a peer that has had a segment newer than ours for more than half a
// target duration. Only a peer that moved within the last one and a half is fresher;
// one that has stopped is no better than we are. Since a peer must be strictly
// ahead, and what is known of it is seconds old at most, packagers never wait for
// each other.
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
