package m3u8

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
	// Oddities are as those of a MediaPlaylist.
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

// Encode returns the playlist as text. What holds for a media playlist's strings
// holds here.
func (p *MultivariantPlaylist) Encode() []byte { return p.Append(nil) }

// Append adds the playlist's text to b and returns the longer slice.
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
