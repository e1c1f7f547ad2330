package m3u8

import (
	"fmt"
	"strconv"
	"strings"
)

// Slot is a place in a multivariant playlist where a media playlist is named.
type Slot struct {
	// Kind is variant, rendition or iframe.
	Kind string
	// Name is what the playlist says of it besides its URI, with a number among equals:
	// the same in two copies of one presentation whose URIs differ, as those of sessions
	// do.
	Name string
	URI  string
}

// Slots are all that the playlist names by URI: renditions, variants, I-frame variants,
// each in their order. A rendition without a URI is within its variants' segments.
func (p *MultivariantPlaylist) Slots() []Slot {
	var list []Slot
	equals := map[string]int{}
	add := func(kind, uri string, attributes ...string) {
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
		equals[kind+s.Name]++
		if n := equals[kind+s.Name]; n > 1 {
			s.Name += " #" + strconv.Itoa(n)
		}
		list = append(list, s)
	}
	for i := range p.Renditions {
		r := &p.Renditions[i]
		add("rendition", r.URI, "TYPE", r.Type, "GROUP-ID", r.GroupID, "NAME", r.Name, "LANGUAGE", r.Language,
			"ASSOC-LANGUAGE", r.AssocLanguage, "CHARACTERISTICS", r.Characteristics, "CHANNELS", r.Channels,
			"STABLE-RENDITION-ID", valueOf(r.Unknown, "STABLE-RENDITION-ID"))
	}
	for i := range p.Variants {
		add("variant", p.Variants[i].URI, p.Variants[i].names()...)
	}
	for i := range p.IFrames {
		add("iframe", p.IFrames[i].URI, p.IFrames[i].names()...)
	}
	return list
}

// names are the attributes that tell a variant from its neighbours, each with its value.
// The average bit rate is none: packagers measure it.
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
