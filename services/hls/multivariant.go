package hls

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// MultivariantPlaylist lists the variants of a presentation (RFC 8216, 4.3.4; the
// RFC calls it master playlist).
type MultivariantPlaylist struct {
	// Version is EXT-X-VERSION; 0 when the tag is absent.
	Version             int
	IndependentSegments bool
	Start               *Start
	Renditions          []Rendition
	Variants            []Variant
	IFrames             []Variant
	SessionKeys         []Key
	// SessionData are EXT-X-SESSION-DATA tags, attribute by attribute.
	SessionData [][]Attribute
	// Unknown are lines that this model does not know, in order.
	Unknown []Tag
}

// Variant is EXT-X-STREAM-INF with its URI, or EXT-X-I-FRAME-STREAM-INF. Empty
// and zero fields are absent attributes.
type Variant struct {
	URI              string
	Bandwidth        int64 // bit/s
	AverageBandwidth int64 // bit/s
	Codecs           string
	Resolution       string // WIDTHxHEIGHT
	FrameRate        string // as written, a decimal number
	HDCPLevel        string
	Audio            string // group IDs
	Video            string
	Subtitles        string
	ClosedCaptions   string // a group ID, or NONE
	// Unknown are attributes that this model does not know.
	Unknown []Attribute
}

// Rendition is EXT-X-MEDIA. Empty fields are absent attributes.
type Rendition struct {
	Type            string // AUDIO, VIDEO, SUBTITLES, CLOSED-CAPTIONS
	URI             string
	GroupID         string
	Name            string
	Language        string
	AssocLanguage   string
	InstreamID      string
	Characteristics string
	Channels        string
	Default         bool
	AutoSelect      bool
	Forced          bool
	// Unknown are attributes that this model does not know.
	Unknown []Attribute
}

// ParseMultivariant parses a multivariant playlist. Errors name the line.
func ParseMultivariant(b []byte) (*MultivariantPlaylist, error) {
	p := multivariantParser{list: &MultivariantPlaylist{}}
	if err := lines(b, p.line); err != nil {
		return nil, err
	}
	switch {
	case p.variant != nil:
		return nil, errors.New("playlist ends after an EXT-X-STREAM-INF without its URI")
	case len(p.list.Variants)+len(p.list.IFrames)+len(p.list.Renditions) == 0:
		return nil, errors.New("playlist lists no variant")
	}
	return p.list, nil
}

type multivariantParser struct {
	list    *MultivariantPlaylist
	variant *Variant // waits for its URI
}

func (p *multivariantParser) line(line string) error {
	if line[0] != '#' {
		if p.variant == nil {
			return fmt.Errorf("URI %q without its EXT-X-STREAM-INF", line)
		}
		p.variant.URI = line
		p.list.Variants = append(p.list.Variants, *p.variant)
		p.variant = nil
		return nil
	}
	name, value, _ := strings.Cut(line, ":")
	known, err := p.tag(name, value)
	if !known {
		p.list.Unknown = append(p.list.Unknown, Tag(line))
	}
	return wrap(name, err)
}

func (p *multivariantParser) tag(name, value string) (known bool, err error) {
	l := p.list
	switch name {
	case "#EXT-X-VERSION":
		var n int64
		n, err = parseInteger(value)
		l.Version = int(min(n, math.MaxInt32))
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		l.IndependentSegments = true
	case "#EXT-X-START":
		l.Start, err = parseStart(value)
	case "#EXT-X-STREAM-INF":
		if p.variant != nil {
			return true, errors.New("the one before has no URI")
		}
		p.variant, err = parseVariant(value)
	case "#EXT-X-I-FRAME-STREAM-INF":
		var v *Variant
		if v, err = parseVariant(value); err == nil {
			l.IFrames = append(l.IFrames, *v)
		}
	case "#EXT-X-MEDIA":
		var r Rendition
		r, err = parseRendition(value)
		l.Renditions = append(l.Renditions, r)
	case "#EXT-X-SESSION-KEY":
		var k Key
		k, err = parseKey(value)
		l.SessionKeys = append(l.SessionKeys, k)
	case "#EXT-X-SESSION-DATA":
		var list []Attribute
		list, err = parseAttributes(value)
		l.SessionData = append(l.SessionData, list)
	case "#EXTINF", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE":
		return true, errors.New("a tag of media playlists in a multivariant playlist")
	default:
		return false, nil
	}
	return true, err
}

func parseVariant(value string) (*Variant, error) {
	list, err := parseAttributes(value)
	if err != nil {
		return nil, err
	}
	a := attributes{list}
	v := Variant{
		URI: a.text("URI"), Codecs: a.text("CODECS"), Resolution: a.text("RESOLUTION"), FrameRate: a.text("FRAME-RATE"),
		HDCPLevel: a.text("HDCP-LEVEL"), Audio: a.text("AUDIO"), Video: a.text("VIDEO"),
		Subtitles: a.text("SUBTITLES"), ClosedCaptions: a.text("CLOSED-CAPTIONS"),
	}
	if v.Bandwidth, err = a.integer("BANDWIDTH"); err != nil {
		return nil, err
	}
	if v.Bandwidth == 0 {
		return nil, errors.New("no BANDWIDTH")
	}
	if v.AverageBandwidth, err = a.integer("AVERAGE-BANDWIDTH"); err != nil {
		return nil, err
	}
	v.Unknown = a.list
	return &v, nil
}

func parseRendition(value string) (Rendition, error) {
	list, err := parseAttributes(value)
	if err != nil {
		return Rendition{}, err
	}
	a := attributes{list}
	r := Rendition{
		Type: a.text("TYPE"), URI: a.text("URI"), GroupID: a.text("GROUP-ID"), Name: a.text("NAME"),
		Language: a.text("LANGUAGE"), AssocLanguage: a.text("ASSOC-LANGUAGE"), InstreamID: a.text("INSTREAM-ID"),
		Characteristics: a.text("CHARACTERISTICS"), Channels: a.text("CHANNELS"),
		Default: a.yes("DEFAULT"), AutoSelect: a.yes("AUTOSELECT"), Forced: a.yes("FORCED"),
	}
	r.Unknown = a.list
	if r.Type == "" || r.GroupID == "" {
		return r, errors.New("no TYPE or no GROUP-ID")
	}
	return r, nil
}

// Encode returns the playlist as text.
func (p *MultivariantPlaylist) Encode() []byte { return p.Append(nil) }

// Append adds the playlist's text to b.
func (p *MultivariantPlaylist) Append(b []byte) []byte {
	b = append(b, "#EXTM3U\n"...)
	if p.Version > 0 {
		b = appendNumber(b, "#EXT-X-VERSION:", int64(p.Version))
	}
	if p.IndependentSegments {
		b = appendLine(b, "#EXT-X-INDEPENDENT-SEGMENTS")
	}
	if p.Start != nil {
		b = p.Start.append(b)
	}
	b = appendTags(b, p.Unknown)
	for _, list := range p.SessionData {
		w := attributeList(b, "#EXT-X-SESSION-DATA:")
		w.rest(list)
		b = w.end()
	}
	for i := range p.SessionKeys {
		b = p.SessionKeys[i].append(b, "#EXT-X-SESSION-KEY:")
	}
	for i := range p.Renditions {
		b = p.Renditions[i].append(b)
	}
	for i := range p.Variants {
		b = p.Variants[i].append(b, "#EXT-X-STREAM-INF:", "")
		b = appendLine(b, p.Variants[i].URI)
	}
	for i := range p.IFrames {
		b = p.IFrames[i].append(b, "#EXT-X-I-FRAME-STREAM-INF:", p.IFrames[i].URI)
	}
	return b
}

func (v *Variant) append(b []byte, tag, uri string) []byte {
	w := attributeList(b, tag)
	w.integer("BANDWIDTH", v.Bandwidth)
	w.integer("AVERAGE-BANDWIDTH", v.AverageBandwidth)
	w.quoted("CODECS", v.Codecs)
	w.plain("RESOLUTION", v.Resolution)
	w.plain("FRAME-RATE", v.FrameRate)
	w.plain("HDCP-LEVEL", v.HDCPLevel)
	w.quoted("AUDIO", v.Audio)
	w.quoted("VIDEO", v.Video)
	w.quoted("SUBTITLES", v.Subtitles)
	if v.ClosedCaptions == "NONE" {
		w.plain("CLOSED-CAPTIONS", v.ClosedCaptions)
	} else {
		w.quoted("CLOSED-CAPTIONS", v.ClosedCaptions)
	}
	w.quoted("URI", uri)
	w.rest(v.Unknown)
	return w.end()
}

func (r *Rendition) append(b []byte) []byte {
	w := attributeList(b, "#EXT-X-MEDIA:")
	w.plain("TYPE", r.Type)
	w.quoted("GROUP-ID", r.GroupID)
	w.quoted("NAME", r.Name)
	w.quoted("LANGUAGE", r.Language)
	w.quoted("ASSOC-LANGUAGE", r.AssocLanguage)
	w.yes("DEFAULT", r.Default)
	w.yes("AUTOSELECT", r.AutoSelect)
	w.yes("FORCED", r.Forced)
	w.quoted("INSTREAM-ID", r.InstreamID)
	w.quoted("CHARACTERISTICS", r.Characteristics)
	w.quoted("CHANNELS", r.Channels)
	w.quoted("URI", r.URI)
	w.rest(r.Unknown)
	return w.end()
}
