package stream

import (
	"time"

	"livestream-tui/services/kit/text"
)

const (
	// lateByte is how long a first byte may take of a packager that is well.
	lateByte = 200 * time.Millisecond
	// proofMargin is how many times as fast as it plays a segment must come.
	proofMargin = 2
)

// checkHealth asks each packager in trouble for its newest segment: one that failed with
// segments has to give one, whole and in time, before players depend on it again.
func (s *State) checkHealth(p *Playlist) {
	for i := range p.records {
		r := &p.records[i]
		if r.probing || !r.trouble.due(s.now) || r.seen.Fails > 0 {
			continue
		}
		r.probing = true
		if r.list == nil || len(r.list.Segments) == 0 {
			s.provedHealth(p, Proved{Packager: i})
			continue
		}
		for n := r.list.LastMSN(); n >= r.list.MediaSequence; n-- {
			if e, ok := p.line.Look(r.found(), n); ok {
				s.emit(Prove{
					Playlist: p.key, Packager: i, MSN: n, Entry: e, Health: true,
					Within: max(e.Segment.Duration/proofMargin, silence),
				})
				break
			}
			if n == r.list.MediaSequence {
				s.provedHealth(p, Proved{Packager: i}) // nothing of it is here to ask for
			}
		}
	}
}

func (s *State) provedHealth(p *Playlist, e Proved) {
	r := &p.records[e.Packager]
	r.probing = false
	switch {
	case e.Err != nil:
		r.trouble = r.trouble.note(Finding{FindingFailed, text.Cause(e.Err)}, s.now, p.target())
	case e.Wait > lateByte && r.trouble.until.IsZero():
		r.trouble = r.trouble.note(Finding{Kind: FindingLate}, s.now, p.target())
	default:
		r.trouble = r.trouble.over()
	}
	if e.At != (At{}) {
		s.settleAfter(p)
	}
}
