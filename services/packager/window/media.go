package window

import (
	"crypto/sha256"
	"encoding/hex"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
)

// Media is an initialization section or a segment. It never changes.
type Media struct {
	// Name is the name under which it is published, Body its bytes.
	Name string
	Body []byte
	// ETag is a strong validator derived from the content, so that it is the same on every
	// packager.
	ETag string
	// Digest is its Repr-Digest (RFC 9530), by which a reader of the whole body, or of all
	// its ranges, detects corruption.
	Digest string
	// MSN is the media sequence number of a segment, -1 for an initialization section.
	MSN int64
	// Encoded is as in media.Segment: other copies of it have its times, not its bytes.
	Encoded bool
	// Init is the content of an initialization section, Fragments that of a segment; empty
	// unless ParseMedia read it.
	Init      fmp4.Init
	Fragments []fmp4.Fragment
}

// NewMedia returns media with its ETag and its digest. Its content is not read.
func NewMedia(name string, body []byte, msn int64) *Media {
	sum := sha256.Sum256(body)
	return &Media{Name: name, Body: body, MSN: msn, ETag: tagOf(sum), Digest: ingest.DigestOf(sum)}
}

// ParseMedia returns media that is whole. name is that of an initialization section or
// of a segment.
func ParseMedia(name string, body []byte) (*Media, error) {
	msn, err := media.SegmentNumber(name)
	if err != nil {
		m := NewMedia(name, body, -1)
		m.Init, err = fmp4.ParseInit(body)
		return m, err
	}
	m := NewMedia(name, body, msn)
	m.Fragments, err = fmp4.CheckSegment(body)
	return m, err
}

// ETagOf returns a strong validator of bytes.
func ETagOf(b []byte) string { return tagOf(sha256.Sum256(b)) }

func tagOf(sum [sha256.Size]byte) string { return `"` + hex.EncodeToString(sum[:16]) + `"` }
