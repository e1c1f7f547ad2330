package packager

import (
	"time"

	"livestream-tui/services/hls"
)

// snapshot is what is served of one signal at one time. It never changes; media
// is looked up in the snapshot that was loaded, so that a playlist and what it
// lists always go together.
type snapshot struct {
	list  *hls.MediaPlaylist
	body  []byte // list, encoded
	etag  string
	media map[string]*media
	// replaced is closed once a newer playlist is there.
	replaced chan struct{}
}

func newSnapshot(list *hls.MediaPlaylist, media map[string]*media) *snapshot {
	body := list.Encode()
	return &snapshot{list: list, body: body, etag: etagOf(body), media: media, replaced: make(chan struct{})}
}

// with returns the same playlist with other media beside it.
func (s *snapshot) with(media map[string]*media) *snapshot {
	c := *s
	c.media = media
	return &c
}

func (s *snapshot) newest() int64 { return s.list.LastMSN() }

func (s *snapshot) target() time.Duration {
	return time.Duration(s.list.TargetDuration) * time.Second
}
