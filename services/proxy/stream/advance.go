package stream

import (
	"time"

	"livestream-tui/services/proxy/timeline"
)

// advance lists what is ready to be listed and fetches what is not.
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

// isOutdated reports whether something else than its segments is shown otherwise than it
// is by now: tags, an end, who is active.
func (s *State) isOutdated(p *Playlist) bool {
	b := &p.shown
	return p.media.retagged || b.Mode != Merged || b.Packager != s.choice.Active || b.Live == p.line.Ended
}

// lateTargets is how many target durations a segment may come after its listing before it
// counts as missing: some packagers list first and write then.
const lateTargets = 2

// ready reports whether an entry may be listed: it can be had at once and at full speed.
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
				s.miss(p, e.MSN) // nobody has it
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

// passed reports whether the first of pending is still not to be had though a later one
// has been, long enough for another try: the playlist goes on without it.
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

// stuck is whether merging brings players what the packagers have.
type stuck struct {
	since  time.Time // since when packagers move and the timeline does not; zero while it does
	why    string
	until  time.Time // until when it is passed through
	wait   time.Duration
	adopts []time.Time // the last discontinuities that were added
}

const (
	stuckFirst = time.Minute // how long a playlist is passed through at first, then doubling
	stuckLong  = time.Hour
	// stuckAfter is how many target durations packagers may move and the timeline not.
	stuckAfter = 4
	// adoptsMost is how many discontinuities may be added in adoptsWithin.
	adoptsMost   = 4
	adoptsWithin = time.Minute
)

// because passes the playlist through for a while.
func (k *stuck) because(why string, now time.Time) {
	if now.Before(k.until) {
		return
	}
	k.wait = min(max(2*k.wait, stuckFirst), stuckLong)
	k.why, k.until, k.adopts = why, now.Add(k.wait), nil
}

func (k *stuck) reason(now time.Time) string {
	if now.Before(k.until) {
		return k.why
	}
	return ""
}

// adopted notes that a discontinuity was added: one after the other is worse than none.
func (k *stuck) adopted(now time.Time) {
	k.adopts = append(k.adopts, now)
	k.adopts = k.adopts[max(0, len(k.adopts)-adoptsMost):]
	if len(k.adopts) == adoptsMost && now.Sub(k.adopts[0]) < adoptsWithin {
		k.because("its packagers contradict themselves again and again", now)
	}
}

// watchProgress passes the playlist through where packagers move and the timeline does
// not, whatever keeps it: a plain proxy would do better.
func (s *State) watchProgress(p *Playlist) {
	moves := false
	for i := range p.records {
		r := &p.records[i]
		moves = moves || r.answers() && r.list != nil && !r.list.EndList && s.moves(p, i) && r.seen.Advanced.After(p.media.grew)
	}
	switch {
	case !moves:
		p.stuck.since = time.Time{}
	case p.stuck.since.Before(p.media.grew):
		p.stuck.since = s.now
	case s.now.Sub(p.stuck.since) > max(stuckAfter*p.target(), 4*time.Second):
		p.stuck.because("merging brings nothing new, though packagers have it", s.now)
	}
}
