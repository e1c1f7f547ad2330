package hls

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// ParseMedia parses a media playlist. Line ends may be CRLF; a byte order mark, a
// missing final line end (the playlist is truncated), a segment without its EXTINF
// or URI and a known tag that does not parse are errors, which name the line. Tags
// and attributes that are not known are kept in place, comments are dropped.
//
// A delta update (EXT-X-SKIP) parses, but its segments are not numbered as they
// should be: whoever wants to read one does not ask for one.
func ParseMedia(b []byte) (*MediaPlaylist, error) {
	p := mediaParser{list: &MediaPlaylist{}}
	if err := lines(b, p.line); err != nil {
		return nil, err
	}
	l := p.list
	last := math.MaxInt64 - int64(len(l.Segments))
	switch {
	case l.TargetDuration == 0:
		return nil, errors.New("playlist has no EXT-X-TARGETDURATION")
	case p.timed:
		return nil, errors.New("playlist ends with an EXTINF without its URI")
	case l.MediaSequence > last:
		return nil, fmt.Errorf("playlist's media sequence %d leaves no room for %d segments", l.MediaSequence, len(l.Segments))
	case l.DiscontinuitySequence > last:
		return nil, fmt.Errorf("playlist's discontinuity sequence %d leaves no room for %d segments", l.DiscontinuitySequence, len(l.Segments))
	}
	if len(p.open) > 0 {
		l.Trailing = p.open
	}
	return l, nil
}

// mediaParser collects the tags before a URI in next.
type mediaParser struct {
	list *MediaPlaylist
	seen once
	next Segment
	// open are next's lines: those of a segment that never got its URI trail.
	open  []Tag
	timed bool // next has its EXTINF
	begun bool // a tag of a segment was seen: what is unknown is a segment's too
	media *Map
}

func (p *mediaParser) line(line string) error {
	if line[0] != '#' {
		return p.uri(line)
	}
	name, value, _ := strings.Cut(line, ":")
	known, err := p.header(name, value)
	if known || err != nil {
		return bad(name, value, err)
	}
	if known, err = p.segment(name, value); err != nil {
		return bad(name, value, err)
	}
	switch {
	case known:
		p.begun = true
	case p.begun || positional(name):
		p.begun = true
		p.next.Unknown = append(p.next.Unknown, Tag(line))
	default:
		p.list.Unknown = append(p.list.Unknown, Tag(line))
		return nil
	}
	p.open = append(p.open, Tag(line))
	return nil
}

// positional reports whether an unknown tag belongs to a segment even where it is
// the first line of all segments': the tags of low latency do (rfc8216bis, 4.4.4
// and 4.4.5).
func positional(name string) bool {
	switch name {
	case "#EXT-X-PART", "#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT":
		return true
	}
	return false
}

func (p *mediaParser) uri(line string) error {
	if !p.timed {
		return fmt.Errorf("URI %.*q without its EXTINF", quotable, line)
	}
	if len(p.list.Segments) == maxSegments {
		return fmt.Errorf("more than %d segments", maxSegments)
	}
	p.next.URI, p.next.Map = line, p.media
	p.list.Segments = append(p.list.Segments, p.next)
	p.next, p.open, p.timed, p.begun = Segment{}, p.open[:0], false, true
	return nil
}

// header reads the tags that concern the whole playlist (RFC 8216, 4.3.1, 4.3.3
// and 4.3.5).
func (p *mediaParser) header(name, value string) (known bool, err error) {
	l := p.list
	var n int64
	switch name {
	case "#EXT-X-VERSION":
		n, err = parseInteger(value, math.MaxInt32)
		l.Version = int(n)
	case "#EXT-X-TARGETDURATION":
		n, err = parseInteger(value, int64(maxSegment.Seconds()))
		if err == nil && n == 0 {
			err = errors.New("at least 1 is needed")
		}
		l.TargetDuration = int(n)
	case "#EXT-X-MEDIA-SEQUENCE":
		l.MediaSequence, err = p.sequence(value)
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		l.DiscontinuitySequence, err = p.sequence(value)
	case "#EXT-X-PLAYLIST-TYPE":
		if value != "EVENT" && value != "VOD" {
			return false, nil // some say LIVE, which says nothing
		}
		l.PlaylistType = value
	case "#EXT-X-ENDLIST":
		l.EndList = true
		return true, nil
	case "#EXT-X-I-FRAMES-ONLY":
		l.IFramesOnly = true
		return true, nil
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		l.IndependentSegments = true
		return true, nil
	case "#EXT-X-START":
		l.Start, err = parseStart(value)
	case "#EXT-X-SERVER-CONTROL":
		l.ServerControl, err = parseServerControl(value)
	case "#EXT-X-PART-INF":
		a, e := parseAttributes(value)
		if e != nil || len(a.list) != 1 {
			return false, e // with more than PART-TARGET it stays a line of its own
		}
		l.PartTarget, err = a.seconds("PART-TARGET")
	case "#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-MEDIA", "#EXT-X-SESSION-DATA", "#EXT-X-SESSION-KEY":
		err = errors.New("a tag of multivariant playlists in a media playlist")
	default:
		return false, nil
	}
	if err == nil {
		err = p.seen.see(name)
	}
	return true, err
}

func (p *mediaParser) sequence(value string) (int64, error) {
	if len(p.list.Segments) > 0 {
		return 0, errors.New("it must come before the first segment")
	}
	return parseInteger(value, math.MaxInt64)
}

// segment reads the tags that concern the next segment (RFC 8216, 4.3.2).
func (p *mediaParser) segment(name, value string) (known bool, err error) {
	s := &p.next
	switch name {
	case "#EXTINF":
		if p.timed {
			return true, errors.New("the one before has no URI")
		}
		seconds, title, _ := strings.Cut(value, ",")
		s.Duration, err = parsePositive(strings.TrimSpace(seconds))
		if err == nil && s.Duration > maxSegment {
			err = fmt.Errorf("at most %s is allowed", maxSegment)
		}
		s.Title, p.timed = title, true
	case "#EXT-X-BYTERANGE":
		s.ByteRange, err = parseByteRange(value)
	case "#EXT-X-DISCONTINUITY":
		s.Discontinuity = true
	case "#EXT-X-GAP":
		s.Gap = true
	case "#EXT-X-KEY":
		var k Key
		k, err = parseKey(value)
		s.Keys = append(s.Keys, k)
	case "#EXT-X-MAP":
		p.media, err = parseMap(value)
	case "#EXT-X-PROGRAM-DATE-TIME":
		s.ProgramDateTime, err = parseDateTime(value)
	case "#EXT-X-DATERANGE":
		var a attributes
		a, err = parseAttributes(value)
		s.DateRanges = append(s.DateRanges, DateRange{a.list})
	case "#EXT-X-BITRATE":
		var n int64
		n, err = parseInteger(value, math.MaxInt32)
		s.Bitrate = int(n)
	default:
		return false, nil
	}
	return true, err
}
