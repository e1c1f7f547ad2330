package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"livestream-tui/services/hls/container"
)

// Content is an object at one moment. The bytes are never changed, only followed
// by more.
type Content struct {
	Body []byte // a prefix while not whole
	Size int64  // of the whole; -1 when not known yet
	Type string // Content-Type
	ETag string // strong, from the content; empty while not whole
	// Packager is the base URL of the one that it came from.
	Packager string
	Begun    bool // bytes of it arrive
	Whole    bool
	Err      error // why there will be no more
	// Header is the packager's, without what is of one connection; nil while none
	// has answered. Not to be changed.
	Header http.Header
	// Start is the first timestamp of the media, where HasStart.
	Start    container.Timestamp
	HasStart bool
	// Odd says what is doubtful in a body that was taken all the same; empty for
	// most. It is worth one warning.
	Odd string
}

// PlayerHeader is the header to answer with, of media: what holds for everybody.
// There is an ETag once the content is whole. It belongs to the caller.
func (c Content) PlayerHeader() http.Header {
	h := openToAll()
	h.Set("Content-Type", c.Type)
	h.Set("X-Packager", c.Packager)
	h.Set("Accept-Ranges", "bytes")
	// How long a cache may keep it is for who made it to say: here nothing is known.
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

// openToAll lets the page of any site play, whatever it is told (CORS).
func openToAll() http.Header {
	return http.Header{
		"Access-Control-Allow-Origin":   {"*"},
		"Access-Control-Expose-Headers": {"Content-Length, Content-Range, ETag, X-Packager"},
	}
}

// ETagOf is a strong validator made from the content alone, so that it is the same
// whichever packager served, and after a restart.
func ETagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
