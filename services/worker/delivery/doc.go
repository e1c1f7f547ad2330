// Package delivery brings the segments of a signal to where packagers find them: into
// a folder that they read, or to them by HTTP. An Output is what a signal is published
// through; what stands behind it are Stores.
package delivery

import (
	"context"

	"livestream-tui/services/hls/media"
)

// Store keeps what is published of one signal. One goroutine uses it.
type Store interface {
	// Publish adds a segment and its initialization section, and replaces the playlist
	// by that of the window, which lists the segment as its newest. After an error the
	// playlist is the one from before.
	Publish(s *media.Segment, init Init, w Window) error
	// End tells that the signal comes no more; the window is its last one.
	End(ctx context.Context, w Window) error
	// Close returns when nothing of the store goes on. What was published stays.
	Close() error
}

var (
	_ Store = (*Folder)(nil)
	_ Store = (*Ingest)(nil)
)

// Init is an initialization section under its name.
type Init struct {
	Name string
	Data []byte
}
