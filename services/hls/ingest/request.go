package ingest

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"livestream-tui/services/hls/media"
)

// Methods are those that a packager accepts besides reading.
const Methods = "PUT, POST, DELETE"

// The headers of requests and answers.
const (
	// DigestHeader is the Digest of a body (RFC 9530). A packager refuses a body that
	// does not match it.
	DigestHeader = "Repr-Digest"
	// InstanceHeader stands in every answer and names the run of the packager: another
	// value means that it was restarted and has lost all media.
	InstanceHeader = "X-Packager-Instance"
	// EqualityHeader of a segment says in what the segments of several workers are equal.
	// Without it that is their bytes; with EqualTiming it is their times alone, since each
	// worker encodes for itself. The first copy stays either way, and a reader must not
	// join byte ranges of two.
	EqualityHeader = "X-Segment-Equality"
	EqualTiming    = "timing"
	// TokenPrefix precedes the bearer token in the Authorization header (RFC 6750, 2.1).
	TokenPrefix = "Bearer "
)

// The Content-Type of what is PUT, as a worker sends it.
const (
	PlaylistType = "application/vnd.apple.mpegurl"
	MediaType    = "video/mp4" // of initialization sections and segments alike
)

// The largest bodies, in bytes. That of a playlist is m3u8.MaxPlaylist.
const (
	MaxSegment = 64 << 20
	MaxInit    = 4 << 20
)

// Types returns what the Content-Type of a body under that name may be.
func Types(name string) []string {
	if name == media.PlaylistName {
		return []string{PlaylistType, "application/x-mpegurl"}
	}
	return []string{MediaType, "audio/mp4", "application/mp4", "video/iso.segment"}
}

// digestPrefix and digestSuffix enclose a digest as a structured field.
const (
	digestPrefix = "sha-256=:"
	digestSuffix = ":"
)

// Digest returns the value of DigestHeader for a body.
func Digest(body []byte) string { return DigestOf(sha256.Sum256(body)) }

// DigestOf returns the value of DigestHeader for a body with that SHA-256 sum.
func DigestOf(sum [sha256.Size]byte) string {
	return digestPrefix + base64.StdEncoding.EncodeToString(sum[:]) + digestSuffix
}

// Matches reports whether body has the digest of a DigestHeader. One of another algorithm
// is not checked.
func Matches(digest string, body []byte) bool {
	return !strings.HasPrefix(digest, digestPrefix) || digest == Digest(body)
}

const (
	// SignalsPath lists the signals that a packager serves.
	SignalsPath = "/signals"
	// WaitParameter of SignalsPath delays the answer by a duration up to MaxWait, or until
	// the packager stops: the worker notices its death at once.
	WaitParameter = "wait"
	MaxWait       = 20 * time.Second
)

// WaitPath is SignalsPath with a delayed answer.
func WaitPath(d time.Duration) string { return SignalsPath + "?" + WaitParameter + "=" + d.String() }

// StockPath answers with the Stock of a signal, or 404 where the packager does not
// know it.
func StockPath(signal string) string { return SignalsPath + "/" + signal }

// ObjectPath is where an initialization section, a segment or the playlist of a signal is
// PUT.
func ObjectPath(signal, name string) string { return "/" + signal + "/" + name }

// Stock is what a packager has of a signal.
type Stock struct {
	Signal string `json:"signal"`
	// Names are those of initialization sections and segments, sorted.
	Names []string `json:"names"`
}
