package follow

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/stream"
)

// announceFailover publishes a failover: in the log, in the metrics, at /events.
func (s *Streams) announceFailover(f event.Failover) {
	if s.isSucceeded() {
		return // the other incarnation announces it
	}
	s.metrics.Failovers.WithLabelValues(f.Signal, f.From, f.To).Inc()
	if f.GapMS >= 0 {
		s.metrics.Gap.Observe(f.GapMS / 1000)
	}
	s.events.Add(f, time.Now())
	event.Emit(s.log, failoverText(f), f)
}

// announcePending logs a failover at once, while a player waits and its gap is not known.
// announceFailover follows, and counts it.
func (s *Streams) announcePending(f event.Failover) {
	if !s.isSucceeded() {
		event.Emit(s.log, fmt.Sprintf("failover from %s to %s: %s; a player waits", f.From, f.To, f.Cause), f)
	}
}

// announceMode publishes how a playlist is served from now on: at /events, and in the log
// if it is degraded or was.
func (s *Streams) announceMode(p *Playlist, now stream.Snapshot, was bool) {
	if s.isSucceeded() {
		return
	}
	m := event.Serving{Playlist: p.label, Mode: event.ServingMode(now.Mode.String()), Reason: text.Shown(now.Why), Degraded: isDegraded(now)}
	s.events.Add(m, time.Now())
	if m.Degraded || was {
		s.logServing(m)
	}
}

// announceLeft publishes which degraded playlists are no longer followed, unless they are
// again: otherwise a client that counts degraded playlists would keep them.
func (s *Streams) announceLeft() {
	s.mu.Lock()
	left := s.left
	s.left = nil
	left = slices.DeleteFunc(left, func(p *Playlist) bool { return s.playlists[p.Key] != nil })
	s.mu.Unlock()
	for _, p := range left {
		if !s.isSucceeded() {
			m := event.Serving{Playlist: p.label, Mode: event.ServingNotFollowed, Reason: "no player asks for it any more"}
			s.events.Add(m, time.Now())
			s.logServing(m)
		}
	}
}

// servingMost is how many changes of mode are logged in a second: a player that asks for
// a degraded playlist with ever new queries must not fill the log.
const servingMost = 10

func (s *Streams) logServing(m event.Serving) {
	if !s.announced.allow(time.Now(), servingMost) {
		return
	}
	message := "playlist is " + string(m.Mode)
	if m.Reason != "" {
		message += ": " + m.Reason
	}
	if m.Degraded {
		event.Alert(s.log, message+"; a failover shows", m)
		return
	}
	event.Emit(s.log, message, m)
}

// allowance counts how often something was done in the current second. Safe for
// concurrent use.
type allowance struct {
	mu     sync.Mutex
	second int64 // guarded by mu
	done   int   // guarded by mu
}

// allow reports whether it may be done once more, at most so many times in a second.
func (a *allowance) allow(now time.Time, most int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := now.Unix(); s != a.second {
		a.second, a.done = s, 0
	}
	a.done++
	return a.done <= most
}

// isDegraded reports whether players of a playlist notice a failover. That is so when it
// is not merged, unless it is a multivariant playlist, which has nothing to merge, or a
// recording, which does not change.
func isDegraded(now stream.Snapshot) bool {
	switch now.Mode {
	case stream.PassedThrough:
		return now.Live && !m3u8.IsMultivariant(now.Body)
	case stream.Forwarded:
		return true
	}
	return false
}

// failoverText is the message of a failover for people.
func failoverText(f event.Failover) string {
	gap := "no player was waiting"
	if f.GapMS >= 0 {
		gap = fmt.Sprintf("the longest wait of a player was %.0f ms", f.GapMS)
	}
	return fmt.Sprintf("failover from %s to %s: %s; %s", f.From, f.To, f.Cause, gap)
}
