package m3u8

import (
	"fmt"
	"strconv"
	"strings"
)

// MultivariantPlaylist lists the variants of a presentation (RFC 8216, 4.3.4, where it is
// called a master playlist).
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
	// Unknown are the lines that this model does not know, in order.
	Unknown []Tag
	// Oddities are like those of a MediaPlaylist.
	Oddities []string
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

// Encode returns the playlist as text. Its strings must not hold line ends or quotes.
func (p *MultivariantPlaylist) Encode() []byte { return p.Append(nil) }

// Append appends the playlist's text to b and returns the longer slice.
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
		l := beginList(b, "#EXT-X-SESSION-DATA:")
		l.all(list)
		b = l.end()
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
	l := beginList(b, tag)
	l.integer("BANDWIDTH", v.Bandwidth)
	l.integer("AVERAGE-BANDWIDTH", v.AverageBandwidth)
	l.quoted("CODECS", v.Codecs)
	l.plain("RESOLUTION", v.Resolution)
	l.plain("FRAME-RATE", v.FrameRate)
	l.plain("HDCP-LEVEL", v.HDCPLevel)
	l.quoted("AUDIO", v.Audio)
	l.quoted("VIDEO", v.Video)
	l.quoted("SUBTITLES", v.Subtitles)
	if v.ClosedCaptions == "NONE" {
		l.plain("CLOSED-CAPTIONS", v.ClosedCaptions)
	} else {
		l.quoted("CLOSED-CAPTIONS", v.ClosedCaptions)
	}
	l.quoted("URI", uri)
	l.all(v.Unknown)
	return l.end()
}

func (r *Rendition) append(b []byte) []byte {
	l := beginList(b, "#EXT-X-MEDIA:")
	l.plain("TYPE", r.Type)
	l.quoted("GROUP-ID", r.GroupID)
	l.quoted("NAME", r.Name)
	l.quoted("LANGUAGE", r.Language)
	l.quoted("ASSOC-LANGUAGE", r.AssocLanguage)
	l.yes("DEFAULT", r.Default)
	l.yes("AUTOSELECT", r.AutoSelect)
	l.yes("FORCED", r.Forced)
	l.quoted("INSTREAM-ID", r.InstreamID)
	l.quoted("CHARACTERISTICS", r.Characteristics)
	l.quoted("CHANNELS", r.Channels)
	l.quoted("URI", r.URI)
	l.all(r.Unknown)
	return l.end()
}

// Slot is a place in a multivariant playlist that names a media playlist.
type Slot struct {
	Kind SlotKind
	// Name identifies the slot without its URI: it is made of its attributes, with a
	// number among equals. Two copies of one presentation have the same names even
	// when their URIs differ, as those of sessions do.
	Name string
	URI  string
}

// SlotKind is the tag that a slot is in.
type SlotKind string

// The kinds of slots.
const (
	RenditionSlot SlotKind = "rendition" // EXT-X-MEDIA
	VariantSlot   SlotKind = "variant"   // EXT-X-STREAM-INF
	IFrameSlot    SlotKind = "iframe"    // EXT-X-I-FRAME-STREAM-INF
)

// Slots returns all media playlists that the playlist names: renditions, variants, I-frame
// variants, each in their order. A rendition without a URI is in its variants' segments
// and has no slot.
func (p *MultivariantPlaylist) Slots() []Slot {
	var list []Slot
	equals := map[Slot]int{} // by kind and name
	add := func(kind SlotKind, uri string, attributes ...string) {
		if uri == "" {
			return
		}
		var name strings.Builder
		for i := 0; i < len(attributes); i += 2 {
			if attributes[i+1] != "" {
				fmt.Fprintf(&name, "%s=%q ", attributes[i], attributes[i+1])
			}
		}
		s := Slot{kind, strings.TrimSuffix(name.String(), " "), uri}
		key := Slot{Kind: kind, Name: s.Name}
		equals[key]++
		if n := equals[key]; n > 1 {
			s.Name += " #" + strconv.Itoa(n)
		}
		list = append(list, s)
	}
	for i := range p.Renditions {
		r := &p.Renditions[i]
		add(RenditionSlot, r.URI, "TYPE", r.Type, "GROUP-ID", r.GroupID, "NAME", r.Name, "LANGUAGE", r.Language,
			"ASSOC-LANGUAGE", r.AssocLanguage, "CHARACTERISTICS", r.Characteristics, "CHANNELS", r.Channels,
			"STABLE-RENDITION-ID", valueOf(r.Unknown, "STABLE-RENDITION-ID"))
	}
	for i := range p.Variants {
		add(VariantSlot, p.Variants[i].URI, p.Variants[i].names()...)
	}
	for i := range p.IFrames {
		add(IFrameSlot, p.IFrames[i].URI, p.IFrames[i].names()...)
	}
	return list
}

// names returns the attributes that tell a variant from its neighbours, each with its
// value. The average bit rate is not one of them: packagers measure it.
func (v *Variant) names() []string {
	bandwidth := ""
	if v.Bandwidth > 0 {
		bandwidth = strconv.FormatInt(v.Bandwidth, 10)
	}
	list := []string{
		"BANDWIDTH", bandwidth, "RESOLUTION", v.Resolution, "CODECS", v.Codecs, "FRAME-RATE", v.FrameRate,
		"AUDIO", v.Audio, "VIDEO", v.Video, "SUBTITLES", v.Subtitles, "CLOSED-CAPTIONS", v.ClosedCaptions, "HDCP-LEVEL", v.HDCPLevel,
	}
	for _, name := range []string{"NAME", "VIDEO-RANGE", "STABLE-VARIANT-ID", "PATHWAY-ID"} {
		list = append(list, name, valueOf(v.Unknown, name))
	}
	return list
}

func valueOf(list []Attribute, name string) string {
	for _, a := range list {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}
