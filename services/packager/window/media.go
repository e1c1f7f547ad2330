package window

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"livestream-tui/services/hls/fmp4"
)

// Media is an initialization section or a segment, whole and validated. It never
// changes.
type Media struct {
	// Name is what it is published under, Body its bytes.
	Name string
	Body []byte
	// ETag is a strong validator made from content alone, so that it is the same on
	// every packager.
	ETag string
	// Digest is its Repr-Digest (RFC 9530): whoever reads all of a body, or puts it
	// together from ranges, notices bytes that were flipped on the way.
	Digest string
	// MSN is -1 for an initialization section.
	MSN int64
	// Init is what an initialization section says, Fragments are a segment's; empty
	// where nobody looked.
	Init      fmp4.Init
	Fragments []fmp4.Fragment
}

// NewMedia returns media with its tag and its digest.
func NewMedia(name string, body []byte, msn int64) *Media {
	sum := sha256.Sum256(body)
	return &Media{
		Name: name, Body: body, MSN: msn, ETag: tagOf(sum),
		Digest: "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
	}
}

// ETagOf is a strong validator of bytes.
func ETagOf(b []byte) string { return tagOf(sha256.Sum256(b)) }

func tagOf(sum [sha256.Size]byte) string { return `"` + hex.EncodeToString(sum[:16]) + `"` }
