package health

import "livestream-tui/services/hls"

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
