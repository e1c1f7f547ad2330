package window

import (
	"time"

	"livestream-tui/services/hls/m3u8"
)

// Snapshot is what is served of one signal at one time. It never changes; media
// is looked up in the snapshot that was loaded, so that a playlist and what it
// lists always go together.
type Snapshot struct {
	// List is the playlist, Body its encoding, ETag a validator of that.
	List *m3u8.MediaPlaylist
	Body []byte
	ETag string
	// Media is what may be asked for, by name.
	Media map[string]*Media
	// Replaced is closed once a newer playlist is there, or none any more.
	Replaced chan struct{}
	// Gone: the playlist is served no more, only the media is, to the last players.
	Gone bool
}

// NewSnapshot encodes a playlist.
func NewSnapshot(list *m3u8.MediaPlaylist, media map[string]*Media) *Snapshot {
	body := list.Encode()
	return &Snapshot{List: list, Body: body, ETag: ETagOf(body), Media: media, Replaced: make(chan struct{})}
}

// With returns the same playlist with other media beside it.
func (s *Snapshot) With(media map[string]*Media) *Snapshot {
	c := *s
	c.Media = media
	return &c
}

// Without returns the same media without the playlist.
func (s *Snapshot) Without() *Snapshot {
	c := *s
	c.Gone, c.Replaced = true, make(chan struct{})
	return &c
}

// Newest is the MSN of the newest segment listed.
func (s *Snapshot) Newest() int64 { return s.List.LastMSN() }

// Target is the target duration.
func (s *Snapshot) Target() time.Duration {
	return time.Duration(s.List.TargetDuration) * time.Second
}

// Store is where what is served is looked up: what has come, or what a fault makes
// of it.
type Store interface {
	// Find returns what is served of a signal, nil before its first playlist; false
	// where the signal is not known.
	Find(signal string) (snapshot *Snapshot, known bool)
	// Behind says in words that another packager should be asked for a signal instead;
	// empty for no.
	Behind(signal string, snapshot *Snapshot) string
}
