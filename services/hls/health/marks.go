package health

import (
	"time"

	"livestream-tui/services/hls/m3u8"
)

// Saw adds a good playlist to what is known of a packager. A packager that is back after
// bad requests goes on from where it was.
func (o *Observation) Saw(at time.Time, p *m3u8.MediaPlaylist) {
	o.moved(at, m3u8.Pos{MSN: p.LastMSN(), Part: -1})
	o.TargetDuration = time.Duration(p.TargetDuration) * time.Second
	o.Tail = Marks(p)
	o.noteEarly(at)
}

// moved notes the newest position.
func (o *Observation) moved(at time.Time, pos m3u8.Pos) {
	if pos.MSN < o.Pos.MSN {
		o.Steps = [len(o.Steps)]Step{} // its numbers mean other segments from now on
	}
	if o.First.IsZero() || pos.MSN != o.Pos.MSN {
		copy(o.Steps[1:], o.Steps[:])
		o.Steps[0] = Step{pos.MSN, at}
	}
	switch {
	case o.First.IsZero():
		o.First = at
	case o.Pos.Less(pos):
		o.Advanced = at
	}
	o.Pos = pos
}

// beyond is since when its newest segment has been one after msn without a break, as far
// back as was seen.
func (o *Observation) beyond(msn int64) time.Time {
	at := o.Steps[0].At
	for _, s := range o.Steps {
		if s.At.IsZero() || s.MSN <= msn {
			break
		}
		at = s.At
	}
	return at
}

// Marks are the identities of a playlist's segments, oldest first.
func Marks(p *m3u8.MediaPlaylist) []Mark {
	marks := make([]Mark, len(p.Segments))
	for i := range p.Segments {
		s := &p.Segments[i]
		marks[i] = Mark{
			MSN: p.MediaSequence + int64(i), URI: s.URI, Duration: s.Duration,
			ProgramDateTime: s.ProgramDateTime, Discontinuity: s.Discontinuity,
		}
	}
	return marks
}
