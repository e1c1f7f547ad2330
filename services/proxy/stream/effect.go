package stream

import (
	"net/http"
	"time"

	"livestream-tui/services/hls/failover"
	"livestream-tui/services/proxy/sources"
	"livestream-tui/services/proxy/timeline"
)

// Effect is something that is to be done for a stream.
type Effect interface{ effect() }

// Load asks a packager for a playlist. Loaded follows, once for each.
type Load struct {
	Playlist string
	Packager int
	Target   string
	// Position that the request may be held for (rfc8216bis, 6.2.5.2): MSN negative is
	// none, Part negative is a whole segment.
	MSN  int64
	Part int
	// After is how long to wait first, Limit how long the request may take.
	After, Limit time.Duration
}

// Hurry: what Load waits for is not to be waited for any longer.
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
	// Entry is what it would be in the timeline.
	Entry  timeline.Entry
	Within time.Duration
	Health bool
}

// Publish gives players another snapshot.
type Publish struct {
	Playlist string
	Snapshot Snapshot
}

// Offer says from whom what is listed is to be had, from now on.
type Offer struct {
	Playlist string
	Sources  *sources.Table
}

// Index lists an entry, so that players may ask for it; Unindex forgets IDs, and Drop
// the bytes of what means something else from now on.
type (
	Index struct {
		Playlist string
		Entry    timeline.Entry
	}
	Unindex struct {
		Playlist string
		IDs      []string
	}
	Drop struct{ ID string }
)

// Name says that playlists of these keys belong to the stream.
type Name struct{ Keys []string }

// Keep keeps a playlist on disk.
type Keep struct{ Playlist string }

// Switched tells that players are served from another packager than before, and that
// there is something new from it.
type Switched struct {
	Playlist string // whose numbers these are
	Move     failover.Move
	// Fault is when the old packager was first seen unwell, At when it was left.
	Fault, At time.Time
	// Before is the newest number then, Saved how many requests a peer answered.
	Before int64
	Saved  int
}

// Say writes a line into the log.
type Say struct {
	Level   Level
	Message string
	Fields  []any // as hclog takes them
}

// Level is how much a line in the log matters.
type Level uint8

// The levels of a line.
const (
	Debug Level = iota
	Info
	Warn
)

// Snapshot is what players are given of a playlist, at one moment. Immutable.
type Snapshot struct {
	// Body is the playlist; nil where there is none (yet).
	Body []byte
	// Last is the newest number in it, -1 for none; Part the newest part of the one
	// behind it, -1 for none.
	Last int64
	Part int
	// Target is its target duration, zero while that is not known.
	Target time.Duration
	// Packager is the base URL of the one that players are served from.
	Packager string
	Mode     Mode
	// Why is the reason of the mode, in words; empty for Merged.
	Why string
	// Status is what players are answered where Mode is Refused, with Header and the
	// packager's own words, nil for none. Header is the packager's in other modes.
	Status  int
	Header  http.Header
	Refusal []byte
	// Live is whether it may change.
	Live bool
}

// Mode is how a playlist is served.
type Mode uint8

// The modes of a playlist.
const (
	// Waiting: no packager has given it yet.
	Waiting Mode = iota
	// Merged: one playlist of what all packagers list, under the rules of the timeline.
	Merged
	// PassedThrough: as one packager has it, another's where that one fails.
	PassedThrough
	// Forwarded: each request goes to a packager, since each player is answered apart.
	Forwarded
	// Refused: packagers refuse it, or lead elsewhere, and so do we.
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
