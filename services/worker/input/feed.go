package input

import (
	"context"

	"livestream-tui/services/hls/m3u8"
)

// Feed is a signal that is cut into segments elsewhere. One goroutine uses it.
type Feed interface {
	// Next waits for the first segment above a number; below zero that is the oldest which
	// is still there. An error is tried again after a pause; it says in words what is wrong.
	Next(ctx context.Context, after int64) (FeedSegment, error)
}

// FeedSegment is a finished segment of a feed. It never changes.
type FeedSegment struct {
	MSN  int64
	Data []byte
	// Init is its initialization section, InitName the name of that.
	Init     []byte
	InitName string
	// Listed is how the feed's playlist lists it. Target is that playlist's target duration
	// in seconds; Independent says that its segments begin with key frames.
	Listed      m3u8.Segment
	Target      int
	Independent bool
	// Newest is true for the last segment that the playlist lists.
	Newest bool
}
