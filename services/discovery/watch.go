package discovery

import (
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
)

// result is what one request for a playlist gave.
type result struct {
	At time.Time // when it ended
	// Latency is how long it took to the first byte; only of a good one.
	Latency  time.Duration
	Playlist *m3u8.MediaPlaylist // nil when the request was no good
	Err      string              // why it was no good, in words
}

// unobserved is what is known of a packager before its first request.
func unobserved(packager string) health.Observation {
	return health.Observation{Packager: packager, Pos: m3u8.Pos{MSN: -1, Part: -1}}
}

// observe adds the result of a request to what was known before it. After a bad
// one the last good playlist still counts: a packager that is back is as far as
// it was, not new.
func observe(o health.Observation, r result) health.Observation {
	o.At = r.At
	if r.Playlist == nil {
		o.Err = r.Err
		o.Fails++
		return o
	}
	o.Err, o.Fails, o.Latency = "", 0, r.Latency
	o.Saw(r.At, r.Playlist)
	return o
}

// Limits of the time between two requests to one packager.
const (
	minInterval = 250 * time.Millisecond
	maxInterval = 5 * time.Second // a target duration comes from outside
)

// interval is how long to wait between two requests for a playlist of the given
// target duration; zero when it is not known.
func interval(targetDuration time.Duration) time.Duration {
	return min(max(targetDuration/4, minInterval), maxInterval)
}

// word is the result as metrics count it.
func (r result) word() string {
	if r.Playlist == nil {
		return "bad"
	}
	return "good"
}
