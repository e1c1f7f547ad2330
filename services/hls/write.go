package hls

import (
	"strconv"
	"time"
)

// Encode returns the playlist as text.
func (p *MediaPlaylist) Encode() []byte {
	return p.Append(make([]byte, 0, 256+160*len(p.Segments)))
}

// Append adds the playlist's text to b.
func (p *MediaPlaylist) Append(b []byte) []byte {
	b = append(b, "#EXTM3U\n"...)
	if p.Version > 0 {
		b = appendNumber(b, "#EXT-X-VERSION:", int64(p.Version))
	}
	b = appendNumber(b, "#EXT-X-TARGETDURATION:", int64(p.TargetDuration))
	if c := p.ServerControl; c != nil {
		b = c.append(b)
	}
	if p.PartTarget > 0 {
		b = append(appendSeconds(append(b, "#EXT-X-PART-INF:PART-TARGET="...), p.PartTarget), '\n')
	}
	b = appendNumber(b, "#EXT-X-MEDIA-SEQUENCE:", p.MediaSequence)
	if p.DiscontinuitySequence > 0 || p.hasDiscontinuity() {
		b = appendNumber(b, "#EXT-X-DISCONTINUITY-SEQUENCE:", p.DiscontinuitySequence)
	}
	if p.PlaylistType != "" {
		b = appendLine(b, "#EXT-X-PLAYLIST-TYPE:"+p.PlaylistType)
	}
	if p.IndependentSegments {
		b = appendLine(b, "#EXT-X-INDEPENDENT-SEGMENTS")
	}
	if p.IFramesOnly {
		b = appendLine(b, "#EXT-X-I-FRAMES-ONLY")
	}
	if p.Start != nil {
		b = p.Start.append(b)
	}
	b = appendTags(b, p.Unknown)
	var m *Map
	for i := range p.Segments {
		s := &p.Segments[i]
		b = s.append(b, s.Map != nil && !s.Map.same(m))
		m = s.Map
	}
	b = appendTags(b, p.Trailing)
	if p.EndList {
		b = appendLine(b, "#EXT-X-ENDLIST")
	}
	return b
}

func (p *MediaPlaylist) hasDiscontinuity() bool {
	for i := range p.Segments {
		if p.Segments[i].Discontinuity {
			return true
		}
	}
	return false
}

func (s *Segment) append(b []byte, withMap bool) []byte {
	if s.Discontinuity {
		b = appendLine(b, "#EXT-X-DISCONTINUITY")
	}
	for i := range s.Keys {
		b = s.Keys[i].append(b, "#EXT-X-KEY:")
	}
	if withMap {
		w := attributeList(b, "#EXT-X-MAP:")
		w.quoted("URI", s.Map.URI)
		if r := s.Map.ByteRange; r != nil {
			w.quoted("BYTERANGE", string(r.append(nil)))
		}
		w.rest(s.Map.Unknown)
		b = w.end()
	}
	if !s.ProgramDateTime.IsZero() {
		b = append(b, "#EXT-X-PROGRAM-DATE-TIME:"...)
		b = append(s.ProgramDateTime.AppendFormat(b, dateTimeFormat(s.ProgramDateTime)), '\n')
	}
	for _, d := range s.DateRanges {
		w := attributeList(b, "#EXT-X-DATERANGE:")
		w.rest(d.Attributes)
		b = w.end()
	}
	if s.Bitrate > 0 {
		b = appendNumber(b, "#EXT-X-BITRATE:", int64(s.Bitrate))
	}
	if s.Gap {
		b = appendLine(b, "#EXT-X-GAP")
	}
	b = appendTags(b, s.Unknown)
	b = appendSeconds(append(b, "#EXTINF:"...), s.Duration)
	b = append(append(append(b, ','), s.Title...), '\n')
	if s.ByteRange != nil {
		b = append(s.ByteRange.append(append(b, "#EXT-X-BYTERANGE:"...)), '\n')
	}
	return appendLine(b, s.URI)
}

// dateTimeFormat has milliseconds, or more where t needs them.
func dateTimeFormat(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return time.RFC3339Nano
	}
	return "2006-01-02T15:04:05.000Z07:00"
}

// same reports whether two maps name the same section; nil is none.
func (m *Map) same(o *Map) bool {
	if m == o {
		return true
	}
	if m == nil || o == nil || m.URI != o.URI || len(m.Unknown)+len(o.Unknown) > 0 {
		return false
	}
	if m.ByteRange == nil || o.ByteRange == nil {
		return m.ByteRange == o.ByteRange
	}
	return *m.ByteRange == *o.ByteRange
}

func (r *ByteRange) append(b []byte) []byte {
	b = strconv.AppendInt(b, r.Length, 10)
	if r.Offset >= 0 {
		b = strconv.AppendInt(append(b, '@'), r.Offset, 10)
	}
	return b
}

func (k *Key) append(b []byte, tag string) []byte {
	w := attributeList(b, tag)
	w.plain("METHOD", k.Method)
	w.quoted("URI", k.URI)
	w.plain("IV", k.IV)
	w.quoted("KEYFORMAT", k.KeyFormat)
	w.quoted("KEYFORMATVERSIONS", k.KeyFormatVersions)
	w.rest(k.Unknown)
	return w.end()
}

func (s *Start) append(b []byte) []byte {
	w := attributeList(b, "#EXT-X-START:")
	w.name("TIME-OFFSET")
	w.b = appendSeconds(w.b, s.TimeOffset)
	w.yes("PRECISE", s.Precise)
	w.rest(s.Unknown)
	return w.end()
}

func (c *ServerControl) append(b []byte) []byte {
	w := attributeList(b, "#EXT-X-SERVER-CONTROL:")
	w.seconds("CAN-SKIP-UNTIL", c.CanSkipUntil)
	w.yes("CAN-SKIP-DATERANGES", c.CanSkipDateRanges)
	w.seconds("HOLD-BACK", c.HoldBack)
	w.seconds("PART-HOLD-BACK", c.PartHoldBack)
	w.yes("CAN-BLOCK-RELOAD", c.CanBlockReload)
	w.rest(c.Unknown)
	if w.first {
		return b // nothing to say
	}
	return w.end()
}

func appendNumber(b []byte, tag string, n int64) []byte {
	return append(strconv.AppendInt(append(b, tag...), n, 10), '\n')
}

func appendLine(b []byte, line string) []byte { return append(append(b, line...), '\n') }

func appendTags(b []byte, tags []Tag) []byte {
	for _, t := range tags {
		b = appendLine(b, string(t))
	}
	return b
}
