package feed

import (
	"fmt"
	"strconv"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/signals"
)

const (
	// IndexPath answers with an Index.
	IndexPath = signals.IndexPath
	// ClaimsPath answers with what a receiver says of its signals to those of other machines.
	ClaimsPath = IndexPath + "/claims"
	// BlockParameter of a playlist delays the answer until the segment of that number is
	// there, or BlockMost has passed.
	BlockParameter = "_HLS_msn"
	BlockMost      = 6 * time.Second
	// FromParameter of a stream is the time since the Unix epoch, in seconds, from which on
	// the reader wants it: it begins with the first key frame at or after that time.
	FromParameter = "from"
	// DueParameter of a stream is a time in the same way: the stream is that of the format
	// which is on at that time, and begins with it where it began after FromParameter. A
	// stream ends with its format, so without this a reader would get one that has ended.
	DueParameter = "due"
	// StreamName is the stream's name beside the playlist.
	StreamName = "stream.mp4"
)

// Path is where a resource of a signal's feed is: its playlist, an initialization section, a
// segment or its stream.
func Path(signal, name string) string { return IndexPath + "/" + signal + "/" + name }

// PlaylistPath is the playlist of a signal's feed. The answer waits until segment msn is
// there; below zero means that it does not wait.
func PlaylistPath(signal string, msn int64) string {
	p := Path(signal, media.PlaylistName)
	if msn >= 0 {
		p += "?" + BlockParameter + "=" + strconv.FormatInt(msn, 10)
	}
	return p
}

// StreamPath is a signal's stream from a time on, in the format that is on at another.
func StreamPath(signal string, from, due time.Time) string {
	seconds := func(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }
	return Path(signal, StreamName) + "?" + FromParameter + "=" + seconds(from) + "&" + DueParameter + "=" + seconds(due)
}

// Index is the answer of IndexPath.
type Index struct {
	Signals []signals.Status `json:"signals"`
}
