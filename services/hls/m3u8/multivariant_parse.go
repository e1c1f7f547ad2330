package m3u8

import (
	"errors"
	"fmt"
	"slices"
)

// ParseMultivariant parses a multivariant playlist as players do, as ParseMedia does. It
// refuses a playlist that names nothing to play, ends in the middle (the error wraps
// ErrTruncated), or lists segments.
func ParseMultivariant(b []byte) (*MultivariantPlaylist, error) {
	p := multivariantParser{list: &MultivariantPlaylist{}}
	if err := lines(b, &p.odd, p.line); err != nil {
		return nil, err
	}
	switch {
	case p.variant != nil:
		return nil, fmt.Errorf("playlist ends with an EXT-X-STREAM-INF without its URI: %w", ErrTruncated)
	case len(p.list.Variants)+len(p.list.IFrames)+len(p.list.Renditions) == 0:
		return nil, errors.New("playlist lists no variant")
	}
	p.list.Oddities = p.odd.list
	return p.list, nil
}

type multivariantParser struct {
	list    *MultivariantPlaylist
	odd     oddities
	seen    []string
	variant *Variant // waits for its URI
}

func (p *multivariantParser) line(line string) error {
	if line[0] != '#' {
		if p.variant == nil {
			p.odd.note("URI", line, "it has no EXT-X-STREAM-INF and is ignored")
			return nil
		}
		p.variant.URI = line
		p.list.Variants = append(p.list.Variants, *p.variant)
		p.variant = nil
		return nil
	}
	name, value := cutTag(line)
	known, err := p.header(name, value)
	if err != nil {
		return bad(name, value, err)
	}
	if !known && !p.entry(name, value) {
		p.list.Unknown = append(p.list.Unknown, Tag(line))
	}
	return nil
}

// header reads the tags that a playlist has once (RFC 8216, 4.3.1 and 4.3.5).
func (p *multivariantParser) header(name, value string) (known bool, err error) {
	switch name {
	case begin:
		p.odd.note(name, value, "it appears twice; the second one is ignored")
		return true, nil
	case "#EXT-X-VERSION":
		p.odd.version(&p.list.Version, value)
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		p.list.IndependentSegments = true
		return true, nil
	case "#EXT-X-START":
		if s := parseStart(value, &p.odd); s != nil {
			p.list.Start = s
		}
	case "#EXTINF":
		return true, errors.New("a segment in a multivariant playlist")
	case "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE", "#EXT-X-ENDLIST",
		"#EXT-X-PLAYLIST-TYPE", "#EXT-X-I-FRAMES-ONLY", "#EXT-X-BYTERANGE", "#EXT-X-DISCONTINUITY", "#EXT-X-KEY",
		"#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-DATERANGE":
		p.odd.note(name, value, "a tag of media playlists in a multivariant playlist is ignored")
		return true, nil
	default:
		return false, nil
	}
	if slices.Contains(p.seen, name) {
		p.odd.note(name, value, "it appears twice; the last one counts")
	}
	p.seen = append(p.seen, name)
	return true, nil
}

// entry reads the tags of variants, renditions and sessions (RFC 8216, 4.3.4).
func (p *multivariantParser) entry(name, value string) (known bool) {
	l := p.list
	switch name {
	case "#EXT-X-STREAM-INF":
		if p.variant != nil {
			p.odd.note(name, value, "the one before has no URI and is ignored")
		}
		v := parseVariant("EXT-X-STREAM-INF", value, &p.odd)
		p.variant = &v
	case "#EXT-X-I-FRAME-STREAM-INF":
		v := parseVariant("EXT-X-I-FRAME-STREAM-INF", value, &p.odd)
		if v.URI == "" {
			p.odd.note(name, value, "it has no URI and is ignored")
			return true
		}
		l.IFrames = append(l.IFrames, v)
	case "#EXT-X-MEDIA":
		l.Renditions = append(l.Renditions, parseRendition(value, &p.odd))
	case "#EXT-X-SESSION-KEY":
		l.SessionKeys = append(l.SessionKeys, parseKey("EXT-X-SESSION-KEY", value, &p.odd))
	case "#EXT-X-SESSION-DATA":
		a := parseAttributes("EXT-X-SESSION-DATA", value, &p.odd)
		l.SessionData = append(l.SessionData, a.rest())
	default:
		return false
	}
	return true
}

func parseVariant(tag, value string, odd *oddities) Variant {
	a := parseAttributes(tag, value, odd)
	v := Variant{
		URI: a.text("URI"), Bandwidth: a.integer("BANDWIDTH"), AverageBandwidth: a.integer("AVERAGE-BANDWIDTH"),
		Codecs: a.text("CODECS"), Resolution: a.text("RESOLUTION"), FrameRate: a.text("FRAME-RATE"),
		HDCPLevel: a.text("HDCP-LEVEL"), Audio: a.text("AUDIO"), Video: a.text("VIDEO"),
		Subtitles: a.text("SUBTITLES"), ClosedCaptions: a.text("CLOSED-CAPTIONS"),
	}
	if v.Bandwidth == 0 {
		odd.note(tag, value, "it has no BANDWIDTH, or 0")
	}
	v.Unknown = a.rest()
	return v
}

func parseRendition(value string, odd *oddities) Rendition {
	a := parseAttributes("EXT-X-MEDIA", value, odd)
	r := Rendition{
		Type: a.text("TYPE"), URI: a.text("URI"), GroupID: a.text("GROUP-ID"), Name: a.text("NAME"),
		Language: a.text("LANGUAGE"), AssocLanguage: a.text("ASSOC-LANGUAGE"), InstreamID: a.text("INSTREAM-ID"),
		Characteristics: a.text("CHARACTERISTICS"), Channels: a.text("CHANNELS"),
		Default: a.yes("DEFAULT"), AutoSelect: a.yes("AUTOSELECT"), Forced: a.yes("FORCED"),
	}
	if r.Type == "" || r.GroupID == "" {
		odd.note("EXT-X-MEDIA", value, "it has no TYPE or no GROUP-ID")
	}
	r.Unknown = a.rest()
	return r
}
