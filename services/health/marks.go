package health

import (
	"time"

	"livestream-tui/services/hls"
)

// Saw adds a good playlist that came at a time to what was known of a packager
// before. One that is back after bad requests is as far as it was, not new.
func (o *Observation) Saw(at time.Time, p *hls.MediaPlaylist) {
	pos := hls.Pos{MSN: p.LastMSN(), Part: -1}
	switch {
	case o.First.IsZero():
		o.First = at
	case o.Pos.Less(pos):
		o.Advanced = at
	}
	o.Pos = pos
	o.TargetDuration = time.Duration(p.TargetDuration) * time.Second
	o.Tail = Marks(p)
}

// Marks are the identities of a playlist's segments, oldest first.
func Marks(p *hls.MediaPlaylist) []Mark {
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
