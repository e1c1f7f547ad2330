package window

import (
	"time"

	"livestream-tui/services/hls/m3u8"
)

// Snapshot is what is served of one signal at one time. It never changes. A request looks
// up media in one snapshot, so that a playlist and its media always match.
type Snapshot struct {
	// List is the playlist, Body its encoding, ETag a validator of that.
	List *m3u8.MediaPlaylist
	Body []byte
	ETag string
	// Media is the media that is served, by name.
	Media map[string]*Media
	// Replaced is closed once there is a newer playlist, or the playlist is gone.
	Replaced chan struct{}
	// Gone is true when only the media is still served, to the last players.
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

// Newest returns the MSN of the newest listed segment.
func (s *Snapshot) Newest() int64 { return s.List.LastMSN() }

// Target returns the target duration.
func (s *Snapshot) Target() time.Duration {
	return time.Duration(s.List.TargetDuration) * time.Second
}

// Store is where handlers look up what is served: what has come, or what a fault makes of
// it.
type Store interface {
	// Find returns the snapshot of a signal, nil before its first playlist; false when the
	// signal is not known.
	Find(signal string) (snapshot *Snapshot, known bool)
	// Behind returns why another packager should be asked for a signal instead, in words;
	// empty when this one is as good.
	Behind(signal string, snapshot *Snapshot) string
}
