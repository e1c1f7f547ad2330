package stream

import (
	"time"

	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/trouble"
)

// proof is whether a packager has the timeline's media. Names and numbers do not show
// that, since two encoders may give the same ones to different pictures.
type proof struct {
	verdict identity
	samples []timeline.Sample // of its media, the newest last
	fell    bool              // its numbers fell, so that it has to be compared even if it leads
	asked   bool              // a segment is being fetched for it
	after   time.Time         // when the next one may be fetched
	wait    time.Duration
	since   time.Time // since when it is to be adopted; zero otherwise
}

type identity uint8

const (
	unknown identity = iota
	same
	other
)

const (
	samplesMost  = 8
	againAfter   = 8                      // segments, before a packager with other media is compared again
	proofFirst   = 250 * time.Millisecond // after a failed proof; doubles after that
	proofMost    = 5 * time.Second
	proofTimeout = 2 * time.Second
	// samplingMost is how long an unknown packager is compared before the timeline
	// continues with it, so as not to repeat what players have had.
	samplingMost = time.Second
)

// isSame reports whether a packager has the timeline's media. The leading one has, unless
// its segments have other names. Another one has once that was seen, or as long as no
// player has played anything and the leading packager is gone.
func (s *State) isSame(p *Playlist, i int) bool {
	r := &p.records[i]
	s.identify(p, r)
	switch {
	case r.proof.verdict == other:
		return false
	case r.proof.verdict == same:
		return true
	case r.rel.Renamed != "" || r.proof.fell:
		return false
	case i == p.lead:
		return true
	}
	return !p.isPlayed(s.now) && !s.alive(p, p.lead)
}

// identify compares a packager's samples with the timeline. The verdict holds until the
// packager or the timeline begins anew.
func (s *State) identify(p *Playlist, r *record) {
	for n := len(r.proof.samples) - 1; n >= 0; n-- {
		sample := &r.proof.samples[n]
		msn := sample.MSN + p.line.Shift.Delta
		e := p.line.Entry(msn)
		if e == nil || msn < p.line.Since {
			continue
		}
		is, _, known := timeline.Same(e.Content, sample.Content)
		if !known {
			continue
		}
		r.proof.verdict = other
		if is {
			r.proof.verdict = same
		}
		return
	}
	if r.rel.Renamed == "" && r.list != nil && p.line.Outsiders(r.found()) {
		r.proof.verdict = same // the same URIs at another host
	}
}

// whyOther is why a packager's segments are not the timeline's.
func (s *State) whyOther(p *Playlist, i int) string {
	r := &p.records[i]
	switch {
	case r.rel.Conflict != "":
		return r.rel.Conflict
	case r.rel.Behind:
		return "its numbers fell"
	case r.proof.verdict == other:
		return "it has other media under the same numbers"
	case r.rel.Renamed != "":
		return r.rel.Renamed
	case r.proof.fell:
		return "its numbers fell"
	}
	return "whether it has the same media is not known"
}

// prove fetches one segment of each packager that may or may not have the timeline's
// media.
func (s *State) prove(p *Playlist) {
	for i := range p.records {
		r := &p.records[i]
		if r.list == nil || !r.answers() || r.proof.asked || s.now.Before(r.proof.after) || r.proof.verdict == same ||
			i == p.lead && r.rel.Renamed == "" && !r.proof.fell || r.rel.Conflict != "" || r.rel.Behind {
			continue
		}
		if n := s.comparable(p, r); r.proof.verdict != other || n >= r.proof.newest()+againAfter {
			s.sample(p, i, n) // a packager that had other media may have recovered
		}
	}
}

// comparable is the packager's number of the newest segment that can be compared; -1 when
// there is none.
func (s *State) comparable(p *Playlist, r *record) int64 {
	for n := len(p.line.Entries) - 1; n >= 0; n-- {
		e := &p.line.Entries[n]
		theirs := e.MSN - p.line.Shift.Delta
		if e.MSN < p.line.Since || theirs < r.list.MediaSequence {
			break
		}
		if e.Content.Digest != "" && theirs <= r.list.LastMSN() {
			return theirs
		}
	}
	return -1
}

// sampling fetches the newest segments of a packager that is to be adopted, and reports
// whether to wait for them.
func (s *State) sampling(p *Playlist, i int) bool {
	r := &p.records[i]
	if r.proof.since.IsZero() {
		r.proof.since = s.now
	}
	if !p.isPlayed(s.now) || s.now.Sub(r.proof.since) > samplingMost {
		return false
	}
	if r.proof.asked {
		return true
	}
	if n := s.comparable(p, r); r.proof.verdict == unknown && r.rel.Conflict == "" && !r.rel.Behind && n >= 0 && !r.proof.has(n) {
		s.sample(p, i, n) // it may continue the timeline as it is
		return true
	}
	if p.line.Placed(r.found(), r.proof.samples) {
		return false
	}
	for n := r.list.LastMSN(); n >= r.list.MediaSequence && n > r.list.LastMSN()-3; n-- {
		if !r.proof.has(n) {
			s.sample(p, i, n)
			return true
		}
	}
	return false
}

// newest is the MSN of the newest sample, -1 when there is none.
func (f *proof) newest() int64 {
	newest := int64(-1)
	for _, sample := range f.samples {
		newest = max(newest, sample.MSN)
	}
	return newest
}

func (f *proof) has(msn int64) bool {
	for _, sample := range f.samples {
		if sample.MSN == msn {
			return true
		}
	}
	return false
}

// sample fetches a segment from one packager alone.
func (s *State) sample(p *Playlist, i int, theirs int64) {
	r := &p.records[i]
	if theirs < 0 || s.now.Before(r.proof.after) {
		return
	}
	e, ok := p.line.Look(r.found(), theirs)
	if !ok {
		return
	}
	r.proof.asked = true
	s.emit(Prove{Playlist: p.key, Packager: i, MSN: theirs, Entry: e, Within: proofTimeout})
}

// proved takes the outcome of a proof.
func (s *State) proved(e Proved) {
	p := s.playlists[e.Playlist]
	if p == nil {
		return
	}
	r := &p.records[e.Packager]
	if e.Health {
		s.provedHealth(p, e)
		return
	}
	r.proof.asked = false
	if e.Err != nil {
		r.proof.wait = min(max(2*r.proof.wait, proofFirst), proofMost)
		r.proof.after = s.now.Add(r.proof.wait)
		s.settleAfter(p)
		return
	}
	r.proof.wait = 0
	r.proof.samples = append(r.proof.samples, timeline.Sample{MSN: e.MSN, Content: e.Content})
	r.proof.samples = r.proof.samples[max(0, len(r.proof.samples)-samplesMost):]
	before := r.proof.verdict
	s.identify(p, r)
	if r.proof.verdict == other && before != other {
		s.say(Warn, "packager has other media under the same names, and cannot stand in for the others without a discontinuity",
			"playlist", p.key, "packager", s.Packagers[e.Packager], "msn", e.MSN+p.line.Shift.Delta)
	}
	s.settleAfter(p)
}

const (
	// lateByte is how long a first byte may take from a packager that is well.
	lateByte = 200 * time.Millisecond
	// proofMargin is how many times faster than it plays a segment must come.
	proofMargin = 2
)

// checkHealth asks each packager in trouble for its newest segment. It must give one,
// whole and in time, before players depend on it again.
func (s *State) checkHealth(p *Playlist) {
	for i := range p.records {
		r := &p.records[i]
		if r.probing || !r.trouble.Due(s.now) || r.seen.Fails > 0 {
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
				s.provedHealth(p, Proved{Packager: i}) // it lists nothing that could be fetched
			}
		}
	}
}

func (s *State) provedHealth(p *Playlist, e Proved) {
	r := &p.records[e.Packager]
	r.probing = false
	switch {
	case e.Err != nil:
		r.trouble = r.trouble.Note(trouble.Finding{Kind: trouble.Failed, Cause: text.Cause(e.Err)}, s.now, p.target())
	case e.Wait > lateByte && !r.trouble.IsOpen():
		r.trouble = r.trouble.Note(trouble.Finding{Kind: trouble.Late}, s.now, p.target())
	default:
		r.trouble = r.trouble.Over()
	}
	if e.At != (At{}) {
		s.settleAfter(p)
	}
}
