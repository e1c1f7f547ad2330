package stream

import (
	"net/http"
	"strings"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/timeline"
)

// Limits of loading playlists.
const (
	pollLeast = 50 * time.Millisecond
	pollMost  = time.Second
	downPoll  = 200 * time.Millisecond // of a packager that fails
	// refusedPoll is that of a playlist that the packager refuses.
	refusedPoll = time.Second
	multiPoll   = time.Second // of a multivariant playlist
	// sessionPoll is that of a multivariant playlist with another session each time.
	sessionPoll = time.Minute
	endedPoll   = time.Second
	recordPoll  = 3 * time.Second // of a recording
	// silence is how long an answer may stand still before its packager counts as failed.
	silence = time.Second
	// slowMargin is how many times as long as usual an answer may take, slowest how long
	// it may take at most.
	slowMargin = 3
	slowest    = 8 * time.Second
	// firstLimit is how long a packager's first answer may take.
	firstLimit = 30 * time.Second
	// largePlaylist is the size in bytes above which a playlist is polled half as often.
	largePlaylist = 256 << 10
	// tailMost is how many segments of a packager are compared with its peers'.
	tailMost = 64
)

// load orders a request for the playlist.
func (s *State) load(p *Playlist, i int, after time.Duration, msn int64, part int) {
	limit := s.limit(&p.records[i])
	if msn >= 0 {
		limit += 3 * p.target()
	}
	s.emit(Load{Playlist: p.key, Packager: i, Target: p.records[i].target, MSN: msn, Part: part, After: after, Limit: limit})
}

// shortest is the duration of a playlist's shortest segment; zero where there is none.
func shortest(l *m3u8.MediaPlaylist) time.Duration {
	var least time.Duration
	for i := range l.Segments {
		if d := l.Segments[i].Duration; i == 0 || d < least {
			least = d
		}
	}
	return least
}

// limit is how long a request that is not held may take: longer than is usual for the
// packager, and longer still where that was too short, since some packagers are slow and
// no worse for it.
func (s *State) limit(r *record) time.Duration {
	if r.answer.Raw == nil {
		return firstLimit // nothing is known of it, and no player is served from it
	}
	limit := max(silence, slowMargin*r.seen.Latency)
	if n := r.seen.Fails - 1; n > 0 {
		limit <<= min(n, 3)
	}
	return min(limit, slowest)
}

// loaded takes the outcome of a request for a playlist, and orders the next request.
func (s *State) loaded(e Loaded) {
	p := s.playlists[e.Playlist]
	if p == nil {
		return
	}
	r := &p.records[e.Packager]
	a := e.Answer
	before := r.seen.Fails
	r.observe(a, s.now)
	if r.answers() && before > 1 {
		r.proof = proof{} // it may be another process with other media
	}
	switch {
	case a.Same:
		r.answer.OnePlayers = a.OnePlayers
	case a.Err != nil:
		s.renew(p, e.Packager)
	default:
		r.answer = a
		if r.list, r.fresh = a.Media, a.Media != nil; r.fresh {
			r.length, r.shortest = timeline.Length(r.list), shortest(r.list)
		}
		if a.Multi != nil {
			s.takeMultivariant(p, e.Packager)
		}
		s.tellOddities(p, e.Packager)
	}
	r.heed(a, s.now)
	after, msn, part := s.after(p, r, a)
	s.load(p, e.Packager, after, msn, part)
	s.settleAfter(p)
}

// observe adds the outcome of a request to what is known of a packager. After a failure
// the last good playlist still counts.
func (r *record) observe(a Answer, now time.Time) {
	r.last = a
	r.seen.At = now
	r.status = 0
	if a.Err != nil {
		r.seen.Err = text.Cause(a.Err)
		r.seen.Fails++
		r.status = refusal(a.Status)
		return
	}
	r.seen.Err, r.seen.Fails = "", 0
	if !a.Held {
		r.seen.Latency = a.Latency
	}
	if a.Same || a.Media == nil {
		if a.Same && r.list != nil {
			r.seen.Saw(now, tail(r.list))
		}
		return
	}
	if r.list != nil && len(a.Media.Segments) > 0 && a.Media.LastMSN() < r.list.LastMSN() {
		r.proof = proof{fell: true} // its numbers may mean other segments from now on
	}
	r.seen.Saw(now, tail(a.Media))
}

// tail is a playlist's newest segments.
func tail(l *m3u8.MediaPlaylist) *m3u8.MediaPlaylist {
	n := len(l.Segments) - tailMost
	if n <= 0 {
		return l
	}
	cut := *l
	cut.MediaSequence += int64(n)
	cut.Segments = l.Segments[n:]
	return &cut
}

// refusal is a status that concerns the request and not the packager's health; 0 for
// every other status.
func refusal(status int) int {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound, http.StatusGone,
		http.StatusUnavailableForLegalReasons, http.StatusTooManyRequests, http.StatusNotAcceptable, http.StatusProxyAuthRequired:
		return status
	}
	return 0
}

// after is when to ask again, and for which position.
func (s *State) after(p *Playlist, r *record, a Answer) (wait time.Duration, msn int64, part int) {
	switch {
	case a.Err != nil && (r.status != 0 || a.Location != "" || a.OnePlayers != "" || a.Odd):
		if p.shown.Body == nil || a.Location != "" || a.OnePlayers != "" {
			return refusedPoll, -1, -1
		}
		return downPoll, -1, -1
	case a.Err != nil && r.seen.Fails <= 1:
		return 0, -1, -1 // only the connection may have failed
	case a.Err != nil:
		return downPoll, -1, -1
	case r.list == nil:
		if p.multi.sessions {
			return sessionPoll, -1, -1
		}
		return multiPoll, -1, -1
	case r.list.EndList && r.list.PlaylistType == "VOD":
		return recordPoll, -1, -1
	case r.list.EndList:
		return endedPoll, -1, -1
	}
	l := r.list
	wait = min(max(time.Duration(l.TargetDuration)*time.Second/8, pollLeast), pollMost)
	if len(r.answer.Raw) > largePlaylist {
		wait *= 2
	}
	if !r.seen.Advanced.IsZero() {
		// Nothing new is due for a while. Many playlists of one player each add up.
		wait = max(wait, r.shortest/2-s.now.Sub(r.seen.Advanced))
	}
	c := l.ServerControl
	if c == nil || !c.CanBlockReload {
		return wait, -1, -1
	}
	if s.isHinted(r) {
		return s.unheld(r, wait), -1, -1
	}
	part = -1
	if l.Parts() {
		part = l.LastPart() + 1
	}
	if a.Held && (a.Same || !l.Parts() && !r.seen.Advanced.Equal(s.now)) {
		return wait, l.NextMSN(), part // it did not wait for the position
	}
	return 0, l.NextMSN(), part
}

// tellOddities warns once that a packager's playlist is odd.
func (s *State) tellOddities(p *Playlist, i int) {
	r := &p.records[i]
	list := []string(nil)
	if r.list != nil {
		list = r.list.Oddities
	} else if m := r.answer.Multi; m != nil {
		list = m.Oddities
	}
	if len(list) == 0 || r.warned {
		return
	}
	r.warned = true
	s.say(Warn, "playlist is odd, and read as players do", "playlist", p.key, "packager", s.Packagers[i], "reason", text.Clean(strings.Join(list, "; ")))
}
