package m3u8

import (
	"slices"
	"time"
)

// Pos is a position in a media playlist. Part is -1 in plain HLS: the whole
// segment MSN; otherwise the part of that index (from 0) of segment MSN.
type Pos struct {
	MSN  int64
	Part int
}

// Less reports whether p is before q. A whole segment is after all its parts.
func (p Pos) Less(q Pos) bool {
	if p.MSN != q.MSN {
		return p.MSN < q.MSN
	}
	if p.Part == -1 || q.Part == -1 {
		return p.Part != -1 && q.Part == -1
	}
	return p.Part < q.Part
}

// Tag is a line of a playlist that this model does not know. It is kept in place, so
// that it survives a round trip.
type Tag string

// MediaPlaylist is a media playlist (RFC 8216, 4.3.2 and 4.3.3).
type MediaPlaylist struct {
	// Version is EXT-X-VERSION; 0 when the tag is absent (which means 1).
	Version int
	// TargetDuration is EXT-X-TARGETDURATION, a whole number of seconds.
	TargetDuration int
	// MediaSequence is EXT-X-MEDIA-SEQUENCE: the MSN of the first segment.
	MediaSequence int64
	// DiscontinuitySequence is EXT-X-DISCONTINUITY-SEQUENCE.
	DiscontinuitySequence int64
	// PlaylistType is EXT-X-PLAYLIST-TYPE: empty, EVENT or VOD. Any other type is kept
	// in Unknown.
	PlaylistType        string
	EndList             bool
	IFramesOnly         bool
	IndependentSegments bool
	Start               *Start
	ServerControl       *ServerControl
	// PartTarget is EXT-X-PART-INF's PART-TARGET; 0 when absent.
	PartTarget time.Duration
	Segments   []Segment
	// Unknown are the lines about the whole playlist that this model does not know, in
	// order.
	Unknown []Tag
	// Trailing are the lines after the last segment, as written: the parts and tags of
	// a segment that is not complete yet, and unknown lines.
	Trailing []Tag
	// Oddities are the deviations from RFC 8216 in words, each with its line and how it
	// was read: the first of each kind, at most 8. They are not encoded.
	Oddities []string
}

// Segment is a media segment (RFC 8216, 3 and 4.3.2).
type Segment struct {
	URI string
	// Duration and Title are EXTINF's.
	Duration time.Duration
	Title    string
	// ByteRange is EXT-X-BYTERANGE; nil means the whole resource.
	ByteRange *ByteRange
	// Discontinuity is EXT-X-DISCONTINUITY before this segment.
	Discontinuity bool
	// Gap is EXT-X-GAP: listed, but its media is missing.
	Gap bool
	// Keys are the EXT-X-KEY tags that apply from here on; nil means no change.
	Keys []Key
	// Map is the EXT-X-MAP that applies to this segment; nil when there is none. The
	// parser sets the same pointer on every segment it applies to; the writer
	// writes it where it changes.
	Map *Map
	// ProgramDateTime is EXT-X-PROGRAM-DATE-TIME; zero when absent.
	ProgramDateTime time.Time
	// DateRanges are EXT-X-DATERANGE tags before this segment. They are about the whole
	// playlist, and are kept in place.
	DateRanges []DateRange
	// Bitrate is EXT-X-BITRATE in kbit/s; 0 when absent.
	Bitrate int
	// Unknown are the lines before this segment that this model does not know, in order.
	// They belong to it (RFC 8216, 4.1), those before the first segment too.
	Unknown []Tag
}

// ByteRange is a part of a resource: Length bytes from Offset. Offset is -1 when the
// playlist omits it, which means right after the segment before.
type ByteRange struct {
	Length, Offset int64
}

// Map is EXT-X-MAP: the media initialization section.
type Map struct {
	URI       string
	ByteRange *ByteRange
	// Unknown are attributes that this model does not know.
	Unknown []Attribute
}

// Key is EXT-X-KEY or EXT-X-SESSION-KEY.
type Key struct {
	Method            string // NONE, AES-128, SAMPLE-AES, ...; empty when absent
	URI               string
	IV                string // as written, 0x...; empty when absent
	KeyFormat         string
	KeyFormatVersions string
	// Unknown are attributes that this model does not know.
	Unknown []Attribute
}

// DateRange is EXT-X-DATERANGE with its attributes in the order written.
type DateRange struct {
	Attributes []Attribute
	// Text is the text after the tag's colon when it is not an attribute list in
	// canonical form; it is then written instead of Attributes. Empty otherwise.
	Text string
}

// Attribute is one name and value of an attribute list. Quoted says that the
// value is a quoted-string (Value is without the quotes).
type Attribute struct {
	Name, Value string
	Quoted      bool
}

// Start is EXT-X-START.
type Start struct {
	TimeOffset time.Duration
	Precise    bool
	// Unknown are attributes that this model does not know.
	Unknown []Attribute
}

// ServerControl is EXT-X-SERVER-CONTROL (rfc8216bis 4.4.3.8). Zero durations
// are absent attributes.
type ServerControl struct {
	CanBlockReload    bool
	CanSkipUntil      time.Duration
	CanSkipDateRanges bool
	HoldBack          time.Duration
	PartHoldBack      time.Duration
	// Unknown are attributes that this model does not know.
	Unknown []Attribute
}

// NextMSN is the MSN that the next segment will have.
func (p *MediaPlaylist) NextMSN() int64 { return p.MediaSequence + int64(len(p.Segments)) }

// LastMSN is the MSN of the newest segment, MediaSequence-1 when there is none.
func (p *MediaPlaylist) LastMSN() int64 { return p.NextMSN() - 1 }

// Parts reports whether the playlist is a low-latency one (rfc8216bis, 4.4.3.7, 4.4.4.9
// and 4.4.5.3): it has EXT-X-PART-INF, or a part or a preload hint anywhere.
func (p *MediaPlaylist) Parts() bool {
	if p.PartTarget > 0 || slices.ContainsFunc(p.Unknown, named("#EXT-X-PART-INF")) || slices.ContainsFunc(p.Trailing, ofParts) {
		return true
	}
	return slices.ContainsFunc(p.Segments, func(s Segment) bool { return slices.ContainsFunc(s.Unknown, ofParts) })
}

// LastPart is the index, as in Pos, of the newest part of the segment that is not
// complete yet: the number of EXT-X-PART tags in Trailing, less one.
func (p *MediaPlaylist) LastPart() int {
	last := -1
	for _, t := range p.Trailing {
		if t.name() == "#EXT-X-PART" {
			last++
		}
	}
	return last
}

// Defines reports whether the playlist has EXT-X-DEFINE, so that its URIs may hold
// variables (rfc8216bis, 4.3).
func (p *MediaPlaylist) Defines() bool { return slices.ContainsFunc(p.Unknown, named("#EXT-X-DEFINE")) }

// Skips reports whether the playlist is a delta update: it has EXT-X-SKIP (rfc8216bis,
// 4.4.5.2), so the numbers of its segments are wrong.
func (p *MediaPlaylist) Skips() bool { return slices.ContainsFunc(p.Unknown, named("#EXT-X-SKIP")) }

func named(name string) func(Tag) bool { return func(t Tag) bool { return t.name() == name } }

func ofParts(t Tag) bool {
	name := t.name()
	return name == "#EXT-X-PART" || name == "#EXT-X-PRELOAD-HINT"
}
