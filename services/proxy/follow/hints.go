package follow

import (
	"context"
	"sync/atomic"
	"time"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/proxy/stream"
)

const (
	// watchFor is how long the request waits that notices the death of a packager, watchEarly
	// how much earlier its answer means that the packager stops.
	watchFor   = 15 * time.Second
	watchEarly = time.Second
	// watchAgain is how long after a failure it is sent again.
	watchAgain = 250 * time.Millisecond
	// watchIdle is how long after the last hint of a packager it is watched no more.
	watchIdle = 5 * time.Second
	// maxWatched bounds the answer, in bytes.
	maxWatched = 1 << 20
)

// watch is what replaces the held requests of a packager's playlists.
type watch struct {
	runs  atomic.Bool
	heard moment // the last hint
}

// Hint takes what a packager says, without being asked, that it lists: the newest number by
// signal. It returns at once.
func (s *Streams) Hint(packager int, newest map[string]int64) {
	now := stream.At(time.Now())
	spare := s.spares()
	s.mu.RLock()
	for signal, msn := range newest {
		if p := s.playlists["/"+signal+"/"+ofSignal]; p != nil {
			p.f.push(stream.Hinted{At: now, Playlist: p.Key, Packager: packager, MSN: msn, Spare: spare})
		}
	}
	s.mu.RUnlock()
	w := &s.watches[packager]
	w.heard.set(time.Now())
	if spare && w.runs.CompareAndSwap(false, true) && !s.start(func() { s.watch(packager) }) {
		w.runs.Store(false)
	}
}

// ofSignal is the name of the playlist that a packager's hints are of.
const ofSignal = "playlist.m3u8"

// spares reports whether more playlists are followed than are worth a held request each.
func (s *Streams) spares() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.playlists) > s.options.Held
}

// watch holds one request at a packager while its hints come. When that breaks off, or is
// answered early, the packager has died or is about to, and is asked for every playlist at
// once: with held requests, each of them would have noticed.
func (s *Streams) watch(packager int) {
	w := &s.watches[packager]
	defer w.runs.Store(false)
	answers := true
	for s.life.Err() == nil && s.spares() && time.Since(w.heard.get()) < watchIdle {
		began := time.Now()
		ctx, cancel := context.WithTimeout(s.life, watchFor+2*time.Second)
		_, err := s.packagers[packager].Load(ctx, ingest.WaitPath(watchFor), nil, maxWatched)
		cancel()
		if err == nil && time.Since(began) >= watchFor-watchEarly {
			answers = true
			continue
		}
		if answers {
			s.hurryAll(packager)
		}
		answers = err == nil
		select {
		case <-time.After(watchAgain):
		case <-s.life.Done():
		}
	}
}

// hurryAll ends the waits before all requests for playlists at a packager.
func (s *Streams) hurryAll(packager int) {
	for _, p := range s.All() {
		select {
		case p.hurry[packager] <- struct{}{}:
		default: // it hurries already
		}
	}
}
