package stream

import (
	"net/http"
	"time"

	"livestream-tui/services/hls/failover"
	"livestream-tui/services/proxy/sources"
	"livestream-tui/services/proxy/timeline"
)

// Effect is something to be done for a stream.
type Effect interface{ effect() }

// Load asks a packager for a playlist. One Loaded follows.
type Load struct {
	Playlist string
	Packager int
	Target   string
	// MSN and Part are the position that the packager may hold the request for
	// (rfc8216bis, 6.2.5.2). A negative MSN is no position, a negative Part a whole
	// segment.
	MSN  int64
	Part int
	// After is how long to wait before the request, Limit how long it may take.
	After, Limit time.Duration
}

// Hurry ends the wait of a Load before its request.
type Hurry struct {
	Playlist string
	Packager int
}

// Fetch gets a resource of an entry unless it is there or under way. Fetched follows.
type Fetch struct {
	Playlist string
	Entry    timeline.Entry
	Resource timeline.Resource
	// Target is the target duration.
	Target time.Duration
}

// Prove fetches a packager's segment from it alone. Proved follows.
type Prove struct {
	Playlist string
	Packager int
	MSN      int64 // the packager's number
	// Entry is the segment as it would be in the timeline.
	Entry  timeline.Entry
	Within time.Duration
	Health bool
}

// Publish gives players another snapshot.
type Publish struct {
	Playlist string
	Snapshot Snapshot
}

// Offer changes where the resources of a playlist are fetched from.
type Offer struct {
	Playlist string
	Sources  *sources.Table
}

// Index lists an entry, so that players may ask for it.
type Index struct {
	Playlist string
	Entry    timeline.Entry
}

// Unindex removes IDs that are no longer listed.
type Unindex struct {
	Playlist string
	IDs      []string
}

// Drop forgets the bytes of an ID that means another resource from now on.
type Drop struct{ ID string }

// Name says that playlists of these keys belong to the stream.
type Name struct{ Keys []string }

// Keep writes a playlist to disk.
type Keep struct{ Playlist string }

// Switched says that players are served from another packager than before, and that
// something new has come from it.
type Switched struct {
	Playlist string // the playlist of the numbers
	Move     failover.Move
	// Fault is when the old packager first failed, At when it was left.
	Fault, At time.Time
	// Before is the newest MSN at that time, Saved how many requests a peer answered in
	// its place.
	Before int64
	Saved  int
}

// Say writes a line to the log.
type Say struct {
	Level   Level
	Message string
	Fields  []any // as hclog takes them
}

// Level is the level of a line in the log.
type Level uint8

// The levels of a line.
const (
	Debug Level = iota
	Info
	Warn
)

// Snapshot is what players are given of a playlist, at one moment. Immutable.
type Snapshot struct {
	// Body is the playlist; nil while there is none.
	Body []byte
	// Last is the newest MSN in it, Part the newest part of the segment after that; -1
	// for none.
	Last int64
	Part int
	// Target is its target duration, zero while that is unknown.
	Target time.Duration
	// Packager is the base URL of the packager that players are served from.
	Packager string
	Mode     Mode
	// Why is the reason of the mode, in words; empty for Merged.
	Why string
	// Status is the status of the answer when Mode is Refused, with Header and the
	// packager's own body, nil when it had none. In other modes Header is the packager's.
	Status  int
	Header  http.Header
	Refusal []byte
	// Live reports whether the playlist may change.
	Live bool
}

// Mode is how a playlist is served.
type Mode uint8

// The modes of a playlist.
const (
	// Waiting means that no packager has given the playlist yet.
	Waiting Mode = iota
	// Merged means one playlist of what all packagers list, under the rules of the
	// timeline.
	Merged
	// PassedThrough means the playlist of one packager as it is, and that of another when
	// the first one fails.
	PassedThrough
	// Forwarded means that each request goes to a packager, because players get different
	// answers.
	Forwarded
	// Refused means that packagers refuse the playlist or redirect elsewhere, and so does
	// the proxy.
	Refused
)

var modes = [...]string{"waiting", "merged", "passed through", "forwarded", "refused"}

// String is the mode in words, as logs and screens show it.
func (m Mode) String() string { return modes[m] }

func (Load) effect()     {}
func (Hurry) effect()    {}
func (Fetch) effect()    {}
func (Prove) effect()    {}
func (Publish) effect()  {}
func (Offer) effect()    {}
func (Index) effect()    {}
func (Unindex) effect()  {}
func (Drop) effect()     {}
func (Name) effect()     {}
func (Keep) effect()     {}
func (Switched) effect() {}
func (Say) effect()      {}
