package object

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/cors"
)

// Content is an object at one moment. Its bytes are never changed; more are appended to
// them.
type Content struct {
	Body []byte // a prefix while the object is not whole
	Size int64  // of the whole; -1 while unknown
	Type string // Content-Type
	ETag string // strong, made of the content; empty while the object is not whole
	// Packager is the base URL of the packager that it came from.
	Packager string
	Begun    bool // its bytes are arriving
	Whole    bool
	Err      error // why there will be no more
	// Header is the packager's, without the fields of its connection; nil before any
	// packager has answered. It must not be changed.
	Header http.Header
	// Start is the first timestamp of the media, if HasStart.
	Start    container.Timestamp
	HasStart bool
	// Odd is what is doubtful in a body that was accepted nevertheless; empty for most
	// bodies. It is worth one warning.
	Odd string
}

// PlayerHeader is the header of an answer with this media, for any player. It has an ETag
// once the content is whole. It belongs to the caller.
func (c Content) PlayerHeader() http.Header {
	h := cors.Open()
	h.Set("Content-Type", c.Type)
	h.Set("X-Packager", c.Packager)
	h.Set("Accept-Ranges", "bytes")
	// Only the packager knows how long a cache may keep it.
	for _, name := range [...]string{"Cache-Control", "Expires", "Last-Modified", "Vary"} {
		if values := c.Header[name]; len(values) > 0 {
			h[name] = values
		}
	}
	if c.ETag != "" {
		h.Set("ETag", c.ETag)
	}
	return h
}

// ETagOf is a strong validator made of the content alone, so that it is the same from
// every packager and after a restart.
func ETagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
