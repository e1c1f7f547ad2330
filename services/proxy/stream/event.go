package stream

import (
	"net/http"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/uri"
)

// Event is something that happened to a stream. Every event says when.
type Event interface{ at() time.Time }

// At is when an event happened.
type At time.Time

func (t At) at() time.Time { return time.Time(t) }

// Begin: a player asks for a playlist of the stream that is not followed yet; Target is
// what packagers are asked for.
type Begin struct {
	At
	Playlist, Target string
}

// Leave: nobody asks for a playlist any more, so that it is not followed any more.
type Leave struct {
	At
	Playlist string
}

// Played: a player has begun to fetch segments of a playlist.
type Played struct {
	At
	Playlist string
}

// Loaded: a request for a playlist has ended.
type Loaded struct {
	At
	Playlist string
	Packager int
	Answer   Answer
}

// Answer is what one request for a playlist came to.
type Answer struct {
	Began time.Time
	// Media or Multi is the playlist; neither where Err says why there is none, or where
	// the answer is the same as the last one (Same).
	Media *m3u8.MediaPlaylist
	Multi *m3u8.MultivariantPlaylist
	// Raw is the playlist as it came, also where it cannot be read.
	Raw   []byte
	Same  bool
	Found uri.Found
	// Header is the answer's.
	Header http.Header
	// Err is why there is no playlist; Status the answer's where it was not 200, and
	// Location where it leads to a host that is not followed.
	Err      error
	Status   int
	Location string
	// Odd: it is no playlist that can be read, yet may be one that players can.
	Odd bool
	// Unended: it may have been cut off.
	Unended bool
	// OnePlayers is why the answer is meant for one player alone; empty where it is not.
	OnePlayers string
	// Held: the request was one that the packager may hold, so that how long it took
	// says nothing.
	Held    bool
	Latency time.Duration // to the first byte
}

// Fetched: a resource that a playlist lists is here, is on its way, or is not to be had.
type Fetched struct {
	At
	Playlist string
	MSN      int64
	Resource timeline.Resource
	Outcome  Outcome
	// Content is what it is, where it is whole.
	Content timeline.Content
}

// Outcome is how far a resource is.
type Outcome uint8

// The outcomes of a fetch.
const (
	Begun     Outcome = iota + 1 // its first bytes are here
	Whole                        // all of it is here
	Absent                       // every packager says that it has no such thing
	Elsewhere                    // it is at another host, where players are sent
	Failed                       // no packager gives it; it is tried again
)

// Noted: a fetch has seen something of a packager.
type Noted struct {
	At
	Playlist string
	Packager int
	MSN      int64
	Finding  trouble.Finding
}

// Proved: a segment was fetched from one packager alone.
type Proved struct {
	At
	Playlist string
	Packager int
	MSN      int64 // the packager's number
	Content  timeline.Content
	Wait     time.Duration // to its first byte
	Err      error
	// Health: it was asked for to see whether the packager is well again.
	Health bool
}

// Preferred: the origin has said which packager it prefers, by its base URL.
type Preferred struct {
	At
	Packager string
}

// Tick: some time has passed. Played says when a player last fetched a segment, by
// playlist; a playlist that is not in it was never played.
type Tick struct {
	At
	Played map[string]time.Time
}
