package hls

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// lines yields the lines of a playlist that matter, with their numbers from 1.
// A playlist that does not end with a line end is truncated: an upstream died in
// mid-body, or there is more to come.
func lines(b []byte, each func(line string) error) error {
	if len(b) > MaxPlaylist {
		return fmt.Errorf("playlist of %d bytes: at most %d are allowed", len(b), MaxPlaylist)
	}
	first, _, _ := bytes.Cut(b, []byte{'\n'})
	if string(bytes.TrimRight(first, "\r \t")) != "#EXTM3U" {
		return errors.New("playlist line 1: it does not begin with #EXTM3U")
	}
	if b[len(b)-1] != '\n' {
		return errors.New("playlist is truncated: its last line has no end")
	}
	rest := string(b)
	for number := 1; rest != ""; number++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimRight(line, "\r \t")
		if line == "" || number == 1 || line[0] == '#' && !strings.HasPrefix(line, "#EXT") {
			continue // RFC 8216, 4.1: blank lines and comments are ignored
		}
		if strings.ContainsRune(line, 0) {
			return fmt.Errorf("playlist line %d: it holds a NUL", number)
		}
		if err := each(line); err != nil {
			return fmt.Errorf("playlist line %d: %w", number, err)
		}
	}
	return nil
}

// IsMultivariant reports whether a playlist is a multivariant playlist: it has a
// tag that only those have.
func IsMultivariant(b []byte) bool {
	return bytes.Contains(b, []byte("\n#EXT-X-STREAM-INF:")) || bytes.Contains(b, []byte("\n#EXT-X-I-FRAME-STREAM-INF:")) ||
		bytes.Contains(b, []byte("\n#EXT-X-MEDIA:"))
}

// ParseMedia parses a media playlist. Errors name the line. Tags that only parse
// in part are errors; tags that are not known are kept in place.
func ParseMedia(b []byte) (*MediaPlaylist, error) {
	p := mediaParser{list: &MediaPlaylist{}}
	if err := lines(b, p.line); err != nil {
		return nil, err
	}
	switch {
	case !p.target:
		return nil, errors.New("playlist has no EXT-X-TARGETDURATION")
	case p.extinf:
		return nil, errors.New("playlist ends after an EXTINF without its URI")
	case p.list.MediaSequence > math.MaxInt64-int64(len(p.list.Segments)):
		return nil, fmt.Errorf("playlist's media sequence %d leaves no room for its segments", p.list.MediaSequence)
	}
	p.list.Trailing = p.next.Unknown
	return p.list, nil
}

// mediaParser collects the tags before a URI in next.
type mediaParser struct {
	list   *MediaPlaylist
	next   Segment
	extinf bool // next has its EXTINF
	begun  bool // a tag of a segment was seen: unknown tags are its
	target bool // EXT-X-TARGETDURATION was seen
	media  *Map
}

func (p *mediaParser) line(line string) error {
	if line[0] != '#' {
		return p.uri(line)
	}
	name, value, _ := strings.Cut(line, ":")
	if known, err := p.header(name, value); known || err != nil {
		return wrap(name, err)
	}
	known, err := p.segment(name, value)
	if err != nil {
		return wrap(name, err)
	}
	if !known {
		if p.begun || len(p.list.Segments) > 0 {
			p.next.Unknown = append(p.next.Unknown, Tag(line))
		} else {
			p.list.Unknown = append(p.list.Unknown, Tag(line))
		}
		return nil
	}
	p.begun = true
	return nil
}

func wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bad %s: %w", strings.TrimPrefix(name, "#"), err)
}

func (p *mediaParser) uri(line string) error {
	if !p.extinf {
		return fmt.Errorf("URI %q without its EXTINF", line)
	}
	if len(p.list.Segments) >= maxSegments {
		return fmt.Errorf("more than %d segments", maxSegments)
	}
	p.next.URI, p.next.Map = line, p.media
	p.list.Segments = append(p.list.Segments, p.next)
	p.next, p.extinf, p.begun = Segment{}, false, false
	return nil
}

// header reads the tags that concern the whole playlist.
func (p *mediaParser) header(name, value string) (known bool, err error) {
	l := p.list
	var n int64
	switch name {
	case "#EXT-X-VERSION":
		n, err = parseInteger(value)
		l.Version = int(min(n, math.MaxInt32))
	case "#EXT-X-TARGETDURATION":
		n, err = parseInteger(value)
		if err == nil && (n < 1 || n > maxSeconds) {
			err = fmt.Errorf("%d seconds, allowed are 1 to %d", n, maxSeconds)
		}
		l.TargetDuration, p.target = int(n), true
	case "#EXT-X-MEDIA-SEQUENCE":
		if len(l.Segments) > 0 {
			return true, errors.New("it must come before the first segment")
		}
		l.MediaSequence, err = parseInteger(value)
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		if len(l.Segments) > 0 {
			return true, errors.New("it must come before the first segment")
		}
		l.DiscontinuitySequence, err = parseInteger(value)
	case "#EXT-X-PLAYLIST-TYPE":
		if l.PlaylistType = value; value != "EVENT" && value != "VOD" {
			err = fmt.Errorf("%q, allowed are EVENT and VOD", value)
		}
	case "#EXT-X-ENDLIST":
		l.EndList = true
	case "#EXT-X-I-FRAMES-ONLY":
		l.IFramesOnly = true
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		l.IndependentSegments = true
	case "#EXT-X-START":
		l.Start, err = parseStart(value)
	case "#EXT-X-SERVER-CONTROL":
		l.ServerControl, err = parseServerControl(value)
	case "#EXT-X-PART-INF":
		// With attributes beyond PART-TARGET it stays a line of its own.
		list, e := parseAttributes(value)
		if e != nil || len(list) != 1 || list[0].Name != "PART-TARGET" {
			return false, e
		}
		l.PartTarget, err = parseSeconds(list[0].Value)
	default:
		return false, nil
	}
	return true, err
}

// segment reads the tags that concern the next segment.
func (p *mediaParser) segment(name, value string) (known bool, err error) {
	s := &p.next
	switch name {
	case "#EXTINF":
		seconds, title, _ := strings.Cut(value, ",")
		s.Duration, err = parseSeconds(strings.TrimSpace(seconds))
		if err == nil && s.Duration < 0 {
			err = fmt.Errorf("%q is negative", seconds)
		}
		s.Title, p.extinf = title, true
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
		var list []Attribute
		list, err = parseAttributes(value)
		s.DateRanges = append(s.DateRanges, DateRange{list})
	case "#EXT-X-BITRATE":
		var n int64
		n, err = parseInteger(value)
		s.Bitrate = int(min(n, math.MaxInt32))
	default:
		return false, nil
	}
	return true, err
}

func parseByteRange(v string) (*ByteRange, error) {
	length, offset, has := strings.Cut(strings.Trim(v, `"`), "@")
	r := ByteRange{Offset: -1}
	var err error
	if r.Length, err = parseInteger(length); err != nil {
		return nil, err
	}
	if has {
		if r.Offset, err = parseInteger(offset); err != nil {
			return nil, err
		}
	}
	return &r, nil
}

func parseMap(v string) (*Map, error) {
	list, err := parseAttributes(v)
	if err != nil {
		return nil, err
	}
	a := attributes{list}
	m := Map{URI: a.text("URI")}
	if m.URI == "" {
		return nil, errors.New("no URI")
	}
	if r, ok := a.take("BYTERANGE"); ok {
		if m.ByteRange, err = parseByteRange(r); err != nil {
			return nil, err
		}
	}
	m.Unknown = a.list
	return &m, nil
}

func parseKey(v string) (Key, error) {
	list, err := parseAttributes(v)
	if err != nil {
		return Key{}, err
	}
	a := attributes{list}
	k := Key{
		Method: a.text("METHOD"), URI: a.text("URI"), IV: a.text("IV"),
		KeyFormat: a.text("KEYFORMAT"), KeyFormatVersions: a.text("KEYFORMATVERSIONS"),
	}
	k.Unknown = a.list
	if k.Method == "" {
		return k, errors.New("no METHOD")
	}
	return k, nil
}

func parseStart(v string) (*Start, error) {
	list, err := parseAttributes(v)
	if err != nil {
		return nil, err
	}
	a := attributes{list}
	s := Start{Precise: a.yes("PRECISE")}
	if s.TimeOffset, err = a.duration("TIME-OFFSET"); err != nil {
		return nil, err
	}
	s.Unknown = a.list
	return &s, nil
}

func parseServerControl(v string) (*ServerControl, error) {
	list, err := parseAttributes(v)
	if err != nil {
		return nil, err
	}
	a := attributes{list}
	c := ServerControl{CanBlockReload: a.yes("CAN-BLOCK-RELOAD"), CanSkipDateRanges: a.yes("CAN-SKIP-DATERANGES")}
	for _, d := range []struct {
		name string
		to   *time.Duration
	}{{"CAN-SKIP-UNTIL", &c.CanSkipUntil}, {"HOLD-BACK", &c.HoldBack}, {"PART-HOLD-BACK", &c.PartHoldBack}} {
		if *d.to, err = a.duration(d.name); err != nil {
			return nil, err
		}
	}
	c.Unknown = a.list
	return &c, nil
}

// parseDateTime reads ISO 8601 as RFC 8216 4.3.2.6 wants it, and the forms
// without a colon in the zone or without one at all that encoders write.
func parseDateTime(v string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date and time of ISO 8601", v)
}
