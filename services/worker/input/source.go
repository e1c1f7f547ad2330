package input

import (
	"errors"

	"livestream-tui/services/hls/media"
)

// Source is what a signal shows. It tells FFmpeg how to copy it into fragments, and is
// used by one goroutine.
type Source interface {
	// Args returns FFmpeg's arguments to write the source to standard output as
	// fragmented MP4, from segment msn of the grid on: H.264 and AAC, decode times of the
	// grid, fragments of segmenter.FragmentDuration, and one that begins with a key frame
	// where a segment begins. The worker starts FFmpeg anew whenever it ends.
	Args(grid media.Grid, msn int64) ([]string, error)
	// Check returns why the source cannot be played any more, nil while it can be.
	Check() error
	// Discard gives up what FFmpeg refuses to play, so that it is made anew.
	Discard() error
}

// ErrUnplayable says that FFmpeg refuses a source, which has been discarded.
var ErrUnplayable = errors.New("FFmpeg cannot play it")
