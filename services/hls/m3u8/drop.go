package m3u8

import (
	"slices"
	"time"
)

// Drop removes the first n segments, all of them when there are fewer, and advances the
// media sequence and the discontinuity sequence (RFC 8216, 6.2.2). The new first segment
// gets what the removed ones said of those after them: keys, bit rate, date, the
// offset of a byte range. The segments left are copied, so that a playlist that shares
// them with p does not change.
func (p *MediaPlaylist) Drop(n int) {
	n = min(n, len(p.Segments))
	if n <= 0 {
		return
	}
	var c carried
	for i := range p.Segments[:n] {
		if p.Segments[i].Discontinuity {
			p.DiscontinuitySequence++
		}
		c.pass(&p.Segments[i])
	}
	p.MediaSequence += int64(n)
	p.Segments = slices.Clone(p.Segments[n:])
	if len(p.Segments) > 0 {
		c.hand(&p.Segments[0])
	}
}

// carried is what segments say of those after them.
type carried struct {
	keys    []Key
	bitrate int
	date    time.Time // of the next segment; zero when not known
	uri     string
	end     int64 // of the byte range in uri; 0 when not known
}

func (c *carried) pass(s *Segment) {
	c.keys = Succeed(c.keys, s.Keys)
	if s.Bitrate > 0 {
		c.bitrate = s.Bitrate
	}
	if !s.ProgramDateTime.IsZero() || s.Discontinuity {
		c.date = s.ProgramDateTime
	}
	if !c.date.IsZero() {
		c.date = c.date.Add(s.Duration)
	}
	switch r := s.ByteRange; {
	case r == nil:
		c.end = 0
	case r.Offset >= 0:
		c.end = r.Offset + r.Length
	case s.URI == c.uri && c.end > 0:
		c.end += r.Length
	default:
		c.end = 0
	}
	c.uri = s.URI
}

func (c *carried) hand(s *Segment) {
	s.Keys = Succeed(c.keys, s.Keys)
	if s.Bitrate == 0 {
		s.Bitrate = c.bitrate
	}
	if s.ProgramDateTime.IsZero() && !s.Discontinuity {
		s.ProgramDateTime = c.date
	}
	if r := s.ByteRange; r != nil && r.Offset < 0 && s.URI == c.uri && c.end > 0 {
		s.ByteRange = &ByteRange{Length: r.Length, Offset: c.end}
	}
}
