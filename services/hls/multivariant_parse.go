package hls

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// ParseMultivariant parses a multivariant playlist, as strictly as ParseMedia does.
// Errors name the line.
func ParseMultivariant(b []byte) (*MultivariantPlaylist, error) {
	p := multivariantParser{list: &MultivariantPlaylist{}}
	if err := lines(b, p.line); err != nil {
		return nil, err
	}
	switch {
	case p.variant != nil:
		return nil, errors.New("playlist ends with an EXT-X-STREAM-INF without its URI")
	case len(p.list.Variants)+len(p.list.IFrames)+len(p.list.Renditions) == 0:
		return nil, errors.New("playlist lists no variant")
	}
	return p.list, nil
}

type multivariantParser struct {
	list    *MultivariantPlaylist
	seen    once
	variant *Variant // waits for its URI
}

func (p *multivariantParser) line(line string) error {
	if line[0] != '#' {
		if p.variant == nil {
			return fmt.Errorf("URI %.*q without its EXT-X-STREAM-INF", quotable, line)
		}
		p.variant.URI = line
		p.list.Variants = append(p.list.Variants, *p.variant)
		p.variant = nil
		return nil
	}
	name, value, _ := strings.Cut(line, ":")
	known, err := p.header(name, value)
	if !known && err == nil {
		known, err = p.entry(name, value)
	}
	if !known && err == nil {
		p.list.Unknown = append(p.list.Unknown, Tag(line))
	}
	return bad(name, value, err)
}

// header reads the tags that a playlist has once (RFC 8216, 4.3.1 and 4.3.5).
func (p *multivariantParser) header(name, value string) (known bool, err error) {
	switch name {
	case "#EXT-X-VERSION":
		var n int64
		n, err = parseInteger(value, math.MaxInt32)
		p.list.Version = int(n)
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		p.list.IndependentSegments = true
		return true, nil
	case "#EXT-X-START":
		p.list.Start, err = parseStart(value)
	case "#EXTINF", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE", "#EXT-X-ENDLIST",
		"#EXT-X-PLAYLIST-TYPE", "#EXT-X-I-FRAMES-ONLY", "#EXT-X-BYTERANGE", "#EXT-X-DISCONTINUITY", "#EXT-X-KEY",
		"#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-DATERANGE":
		err = errors.New("a tag of media playlists in a multivariant playlist")
	default:
		return false, nil
	}
	if err == nil {
		err = p.seen.see(name)
	}
	return true, err
}

// entry reads the tags that list something (RFC 8216, 4.3.4).
func (p *multivariantParser) entry(name, value string) (known bool, err error) {
	l := p.list
	switch name {
	case "#EXT-X-STREAM-INF":
		if p.variant != nil {
			return true, errors.New("the one before has no URI")
		}
		p.variant, err = parseVariant(value)
	case "#EXT-X-I-FRAME-STREAM-INF":
		var v *Variant
		if v, err = parseVariant(value); err != nil {
			return true, err
		}
		if v.URI == "" {
			return true, errors.New("no URI")
		}
		l.IFrames = append(l.IFrames, *v)
	case "#EXT-X-MEDIA":
		var r Rendition
		r, err = parseRendition(value)
		l.Renditions = append(l.Renditions, r)
	case "#EXT-X-SESSION-KEY":
		var k Key
		k, err = parseKey(value)
		l.SessionKeys = append(l.SessionKeys, k)
	case "#EXT-X-SESSION-DATA":
		var a attributes
		a, err = parseAttributes(value)
		l.SessionData = append(l.SessionData, a.list)
	default:
		return false, nil
	}
	return true, err
}

func parseVariant(value string) (*Variant, error) {
	a, err := parseAttributes(value)
	if err != nil {
		return nil, err
	}
	v := Variant{
		URI: a.text("URI"), Codecs: a.text("CODECS"), Resolution: a.text("RESOLUTION"), FrameRate: a.text("FRAME-RATE"),
		HDCPLevel: a.text("HDCP-LEVEL"), Audio: a.text("AUDIO"), Video: a.text("VIDEO"),
		Subtitles: a.text("SUBTITLES"), ClosedCaptions: a.text("CLOSED-CAPTIONS"),
	}
	if v.Bandwidth, err = a.integer("BANDWIDTH"); err != nil {
		return nil, err
	}
	if v.Bandwidth == 0 {
		return nil, errors.New("no BANDWIDTH, or 0")
	}
	if v.AverageBandwidth, err = a.integer("AVERAGE-BANDWIDTH"); err != nil {
		return nil, err
	}
	v.Unknown = a.rest()
	return &v, nil
}

func parseRendition(value string) (Rendition, error) {
	a, err := parseAttributes(value)
	if err != nil {
		return Rendition{}, err
	}
	r := Rendition{
		Type: a.text("TYPE"), URI: a.text("URI"), GroupID: a.text("GROUP-ID"), Name: a.text("NAME"),
		Language: a.text("LANGUAGE"), AssocLanguage: a.text("ASSOC-LANGUAGE"), InstreamID: a.text("INSTREAM-ID"),
		Characteristics: a.text("CHARACTERISTICS"), Channels: a.text("CHANNELS"),
		Default: a.yes("DEFAULT"), AutoSelect: a.yes("AUTOSELECT"), Forced: a.yes("FORCED"),
	}
	if r.Type == "" || r.GroupID == "" {
		return r, errors.New("no TYPE or no GROUP-ID")
	}
	r.Unknown = a.rest()
	return r, nil
}
