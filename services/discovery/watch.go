package discovery

import (
	"context"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
)

// watch asks a packager, given by its index, again and again for the playlist of a signal,
// until ctx is cancelled.
func (s *Service) watch(ctx context.Context, signal string, packager int) {
	url := s.config.Topology.Packagers[packager]
	_ = follow.Run(ctx, func(ctx context.Context) (next time.Time) { // it ends with ctx alone
		r := s.client.playlist(ctx, url, signal)
		if ctx.Err() != nil {
			return next // the request was cut short, which is no fault of the packager
		}
		s.polls.WithLabelValues(url, r.word()).Inc()
		s.mu.Lock()
		target := s.board.add(signal, packager, r)
		if s.heard.played(signal, url, r) {
			s.wake(s.news)
		}
		s.mu.Unlock()
		s.wake(s.observed)
		return time.Now().Add(interval(target))
	})
}

// result is the result of one request for a playlist.
type result struct {
	At       time.Time           // when it ended
	Latency  time.Duration       // until the first byte; zero after a failure
	Playlist *m3u8.MediaPlaylist // nil after a failure
	Err      string              // why it failed, for an operator; empty after a success
}

// unobserved is what is known of a packager before its first request.
func unobserved(packager string) health.Observation {
	return health.Observation{Packager: packager, Pos: m3u8.Pos{MSN: -1, Part: -1}}
}

// observe adds the result of a request to what was known before it. After a failure the
// last playlist still counts: a packager that is back goes on from where it was.
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
	maxInterval = 5 * time.Second // whatever target duration a packager claims
)

// interval is how long to wait between two requests for a playlist with that target
// duration, which is zero when unknown.
func interval(targetDuration time.Duration) time.Duration {
	return min(max(targetDuration/4, minInterval), maxInterval)
}

// word is the label of the result in metrics.
func (r result) word() string {
	if r.Playlist == nil {
		return "bad"
	}
	return "good"
}
