package m3u8

import "strconv"

// Encode returns the playlist as text. Its strings must not hold line ends or quotes; the
// parser refuses them.
func (p *MediaPlaylist) Encode() []byte {
	return p.Append(make([]byte, 0, 256+160*len(p.Segments)))
}

// Append appends the playlist's text to b and returns the longer slice. It allocates
// nothing when b has room.
func (p *MediaPlaylist) Append(b []byte) []byte {
	b = p.appendHeader(b)
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

func (p *MediaPlaylist) appendHeader(b []byte) []byte {
	b = appendLine(b, "#EXTM3U")
	if p.Version > 0 {
		b = appendNumber(b, "#EXT-X-VERSION:", int64(p.Version))
	}
	b = appendNumber(b, "#EXT-X-TARGETDURATION:", int64(p.TargetDuration))
	if p.ServerControl != nil {
		b = p.ServerControl.append(b)
	}
	if p.PartTarget > 0 {
		b = append(appendSeconds(append(b, "#EXT-X-PART-INF:PART-TARGET="...), p.PartTarget), '\n')
	}
	b = appendNumber(b, "#EXT-X-MEDIA-SEQUENCE:", p.MediaSequence)
	if p.DiscontinuitySequence > 0 || p.hasDiscontinuity() {
		b = appendNumber(b, "#EXT-X-DISCONTINUITY-SEQUENCE:", p.DiscontinuitySequence)
	}
	if p.PlaylistType != "" {
		b = appendLine(append(b, "#EXT-X-PLAYLIST-TYPE:"...), p.PlaylistType)
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
	return appendTags(b, p.Unknown)
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
		b = s.Map.append(b)
	}
	if !s.ProgramDateTime.IsZero() {
		b = append(appendDateTime(append(b, "#EXT-X-PROGRAM-DATE-TIME:"...), s.ProgramDateTime), '\n')
	}
	for i := range s.DateRanges {
		b = s.DateRanges[i].append(b)
	}
	if s.Bitrate > 0 {
		b = appendNumber(b, "#EXT-X-BITRATE:", int64(s.Bitrate))
	}
	if s.Gap {
		b = appendLine(b, "#EXT-X-GAP")
	}
	b = appendTags(b, s.Unknown)
	b = append(appendSeconds(append(b, "#EXTINF:"...), s.Duration), ',')
	b = appendLine(b, s.Title)
	if s.ByteRange != nil {
		b = append(s.ByteRange.append(append(b, "#EXT-X-BYTERANGE:"...)), '\n')
	}
	return appendLine(b, s.URI)
}

func (t Tag) name() string {
	name, _ := cutTag(string(t))
	return name
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
