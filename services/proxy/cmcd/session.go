package cmcd

import "time"

// session is one player that plays. Its shard's mutex guards it.
type session struct {
	id           string
	playlist     string // the key of the media playlist that it plays
	of           *rendition
	began, heard time.Time
	observed     time.Time // when its measurements were last observed
	older, newer *session  // in the order of heard
	mark         uint64    // of what it said last in its turn; 0 for none

	// urgent means that it began with a request for media that it needs urgently; started
	// that its start was measured, or cannot be.
	urgent, started bool
	state           token
	stalls          int
	start           time.Duration // below 0 while unknown
	buffer, latency time.Duration // below 0 while unknown
	bitrate, speed  int64         // below 0 while unknown
}

// The states of a player (CTA-5004-A, sta) that are looked at.
var (
	rebuffering              = tokenOf([]byte("r"))
	ended, fatal, quit       = tokenOf([]byte("e")), tokenOf([]byte("f")), tokenOf([]byte("q"))
	audio, caption, subtitle = tokenOf([]byte("a")), tokenOf([]byte("c")), tokenOf([]byte("tt"))
)

func (r *Report) isEnd() bool { return r.State == ended || r.State == fatal || r.State == quit }

// isAside reports whether a report is about an object beside the pictures: such a request
// does not tell which rendition is watched.
func (r *Report) isAside() bool {
	return r.Object == audio || r.Object == caption || r.Object == subtitle
}

// take takes a report.
func (s *session) take(r *Report, now time.Time) {
	m := s.of.metrics
	s.heard = now
	s.takeStart(r, now)
	if s.takeStall(r) {
		s.stalls++
		m.Stalls.Inc()
	}
	// Measurements are observed once in a while: a player with many requests counts no
	// more than another.
	observe := now.Sub(s.observed) > observeEvery-turnEvery/2 // turns do not begin on the dot
	if observe {
		s.observed = now
	}
	if r.Buffer >= 0 {
		s.buffer = r.Buffer
		if observe {
			m.Buffer.Observe(r.Buffer.Seconds())
		}
	}
	if r.Latency >= 0 {
		s.latency = r.Latency
		if observe {
			m.Latency.Observe(r.Latency.Seconds())
		}
	}
	if r.Bitrate >= 0 && !r.isAside() {
		s.bitrate = r.Bitrate
		if observe {
			m.Bitrate.Observe(float64(r.Bitrate))
		}
	}
	if r.Throughput >= 0 {
		s.speed = r.Throughput
		if observe {
			m.Throughput.Observe(float64(r.Throughput))
		}
	}
}

// observeEvery is how often the measurements of a session are observed in the metrics.
const observeEvery = time.Second

// takeStart measures how long the player took to start. Version 2 says it; in version 1
// the session began with urgent requests, and the first that is not urgent comes after
// the first picture.
func (s *session) takeStart(r *Report, now time.Time) {
	switch {
	case s.started:
		return
	case r.Start >= 0:
		s.start = r.Start
	case r.Startup:
		s.urgent = true
		return
	case r.Event:
		return // it says nothing about requests
	case s.urgent:
		s.start = now.Sub(s.began)
	}
	s.started = true
	if s.start >= 0 {
		s.of.metrics.Start.Observe(s.start.Seconds())
	}
}

// takeStall reports whether the player has stalled since the report before. A player that
// tells its state says so twice: by the state, and with the next request.
func (s *session) takeStall(r *Report) bool {
	was := s.state
	if r.State != (token{}) {
		s.state = r.State
		return r.State == rebuffering && was != rebuffering
	}
	return r.Starved && was == (token{})
}
