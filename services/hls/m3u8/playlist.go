package m3u8

import "time"

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

// Tag is a line of a playlist that this model does not know: kept in place, so
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
	// PlaylistType is EXT-X-PLAYLIST-TYPE: empty, EVENT or VOD. Any other is kept
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
	// Unknown are lines that concern the whole playlist and that this model does not
	// know, in order.
	Unknown []Tag
	// Trailing are the lines after the last segment, as they are written: the
	// parts and tags of a segment that is not complete yet, unknown lines.
	Trailing []Tag
	// Oddities say in words what was not as RFC 8216 has it and how it was read, with
	// the line: the first of each kind, at most 8. They are not encoded.
	Oddities []string
}

// Segment is a media segment (RFC 8216, 3 and 4.3.2).
type Segment struct {
	URI string
	// Duration and Title are EXTINF's.
	Duration time.Duration
	Title    string
	// ByteRange is EXT-X-BYTERANGE; nil for the whole resource.
	ByteRange *ByteRange
	// Discontinuity is EXT-X-DISCONTINUITY before this segment.
	Discontinuity bool
	// Gap is EXT-X-GAP: listed, but its media is missing.
	Gap bool
	// Keys are the EXT-X-KEY tags that apply from here on; nil: as before.
	Keys []Key
	// Map is the EXT-X-MAP that applies to this segment; nil for none. The
	// parser sets it on every segment it applies to (the same pointer); the
	// writer writes it where it changes.
	Map *Map
	// ProgramDateTime is EXT-X-PROGRAM-DATE-TIME; zero when absent.
	ProgramDateTime time.Time
	// DateRanges are EXT-X-DATERANGE tags before this segment. They concern the whole
	// playlist, and are kept where they stand.
	DateRanges []DateRange
	// Bitrate is EXT-X-BITRATE in kbit/s; 0 when absent.
	Bitrate int
	// Unknown are lines before this segment that this model does not know, in order:
	// they belong to it (RFC 8216, 4.1), the first one's too.
	Unknown []Tag
}

// ByteRange is a part of a resource: Length bytes from Offset. Offset is -1
// where the playlist leaves it out (right after the segment before).
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
	Method            string // NONE, AES-128, SAMPLE-AES, ...; empty when absent, which says nothing
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
	// Text is what stands behind the tag's colon where it is no attribute list in
	// canonical form; it is written instead of Attributes then. Else empty.
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
