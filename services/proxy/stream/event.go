package stream

import (
	"net/http"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/uri"
)

// Event is something that happened to a stream, at a time.
type Event interface{ at() time.Time }

// At is when an event happened.
type At time.Time

func (t At) at() time.Time { return time.Time(t) }

// Begin means that a player asks for a playlist of the stream that is not followed yet.
// Target is its target at packagers.
type Begin struct {
	At
	Playlist, Target string
}

// Leave means that a playlist is no longer asked for and must not be followed any more.
type Leave struct {
	At
	Playlist string
}

// Played means that a player has begun to fetch segments of a playlist.
type Played struct {
	At
	Playlist string
}

// Loaded means that a request for a playlist has ended.
type Loaded struct {
	At
	Playlist string
	Packager int
	Answer   Answer
}

// Answer is the outcome of one request for a playlist.
type Answer struct {
	Began time.Time
	// Media or Multi is the playlist. Neither is set when there is an Err, or when the
	// answer is the same as the last one (Same).
	Media *m3u8.MediaPlaylist
	Multi *m3u8.MultivariantPlaylist
	// Raw is the playlist as it came, even if it cannot be read.
	Raw   []byte
	Same  bool
	Found uri.Found
	// Header is the answer's.
	Header http.Header
	// Err is why there is no playlist. Status is the status of the answer if it was not
	// 200, Location its redirect to a host that is not followed.
	Err      error
	Status   int
	Location string
	// Odd means that it cannot be read as a playlist, but players may be able to.
	Odd bool
	// Unended means that it may have been cut off.
	Unended bool
	// OnePlayers is why the answer is meant for one player alone; empty for other
	// answers.
	OnePlayers string
	// Held means that the packager was allowed to hold the request, so that its duration
	// says nothing.
	Held    bool
	Latency time.Duration // to the first byte
}

// Fetched means that a listed resource is here, is coming, or cannot be had.
type Fetched struct {
	At
	Playlist string
	MSN      int64
	Resource timeline.Resource
	Outcome  Outcome
	// Content identifies it once it is whole.
	Content timeline.Content
}

// Outcome is the progress of a fetch.
type Outcome uint8

// The outcomes of a fetch.
const (
	Begun     Outcome = iota + 1 // its first bytes are here
	Whole                        // it is here
	Absent                       // every packager says that it does not have it
	Elsewhere                    // it is at another host, where players are sent
	Failed                       // no packager gives it; the fetch is repeated
)

// Noted means that a fetch has seen something of a packager.
type Noted struct {
	At
	Playlist string
	Packager int
	MSN      int64
	Finding  trouble.Finding
}

// Proved means that a segment was fetched from one packager alone.
type Proved struct {
	At
	Playlist string
	Packager int
	MSN      int64 // the packager's number
	Content  timeline.Content
	Wait     time.Duration // to its first byte
	Err      error
	// Health means that it was fetched to see whether the packager is well again.
	Health bool
}

// Preferred means that the origin prefers a packager, by its base URL.
type Preferred struct {
	At
	Packager string
}

// Tick means that time has passed. Played is when a player last fetched a segment, by
// playlist; playlists that were never played are missing.
type Tick struct {
	At
	Played map[string]time.Time
}
