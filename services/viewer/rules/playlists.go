package rules

import (
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
)

const (
	// historySize is how many segments are remembered: more than half an hour of segments
	// of 2 s, longer than any window that a player holds.
	historySize = 1000
	// dateDrift is how far the date of a segment may move from one load to the next, and
	// how far it may be from the end of the segment before (docs/FAILURES.md, "Its dates
	// drift").
	dateDrift = 500 * time.Millisecond
)

// PlaylistCheck checks successive loads of one media playlist against each other. The
// zero value is ready to use. Pure; not safe for concurrent use.
type PlaylistCheck struct {
	last     *m3u8.MediaPlaylist
	identity map[int64]identity
	dates    map[int64]time.Time
	// since is when the newest segment was first seen, still how long it is known to
	// have been the newest, and reported whether that was already returned as a
	// violation.
	since    time.Time
	still    time.Duration
	reported bool
}

// Newest says when a segment was the newest of a playlist: at the latest from From on,
// at the earliest until To.
type Newest struct {
	MSN      int64
	From, To time.Time
}

// identity is what never changes about an MSN.
type identity struct {
	uri           string
	duration      time.Duration
	discontinuity int64
	gap           bool
}

// Check returns the rules that p breaks by itself or against the loads before, and
// remembers it. p was requested at asked and received at now. A playlist that does not
// grow is no violation here: see StaleViolation.
func (c *PlaylistCheck) Check(p *m3u8.MediaPlaylist, asked, now time.Time) []Violation {
	var f found
	if p.EndList {
		f.add(End, "EXT-X-ENDLIST at msn %d", p.LastMSN())
	}
	checkLengths(p, &f)
	if c.last != nil {
		checkAgainst(c.last, p, &f)
	}
	c.checkIdentity(p, &f)
	c.checkDates(p, &f)
	if c.last == nil || p.LastMSN() != c.last.LastMSN() {
		c.since, c.still, c.reported = now, 0, false
	} else {
		// It was the newest from since at the latest until asked at the earliest: the
		// time between two loads does not count.
		c.still = max(0, asked.Sub(c.since))
	}
	c.last = p
	return f
}

// Still is how long the newest segment is known to have been the newest, at least.
func (c *PlaylistCheck) Still() time.Duration { return c.still }

// Stale reports whether the playlist has had no new segment for more than 1.5 TD.
func (c *PlaylistCheck) Stale() bool {
	return c.last != nil && c.still > Target(c.last)*3/2
}

// StaleViolation returns the violation of a stale playlist, once for each newest segment.
func (c *PlaylistCheck) StaleViolation() []Violation {
	if !c.Stale() || c.reported {
		return nil
	}
	c.reported = true
	var f found
	f.add(Window, "no new segment for %s after msn %d, at most %s is allowed", round(c.still), c.Newest(), Target(c.last)*3/2)
	return f
}

// Newest is the last MSN of the newest load, -1 before the first.
func (c *PlaylistCheck) Newest() int64 {
	if c.last == nil {
		return -1
	}
	return c.last.LastMSN()
}

// Target is the target duration of a playlist.
func Target(p *m3u8.MediaPlaylist) time.Duration {
	return time.Duration(p.TargetDuration) * time.Second
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

func checkLengths(p *m3u8.MediaPlaylist, f *found) {
	target := Target(p)
	var total time.Duration
	for i := range p.Segments {
		s := &p.Segments[i]
		total += s.Duration
		if s.Duration.Round(time.Second) > target {
			f.add(TargetDuration, "msn %d lasts %s, the target duration is %s", p.MediaSequence+int64(i), s.Duration, target)
		}
	}
	if total < 3*target {
		f.add(Window, "the window of %d segments lasts %s, at least %s is needed", len(p.Segments), total, 3*target)
	}
}

func checkAgainst(last, p *m3u8.MediaPlaylist, f *found) {
	if p.TargetDuration != last.TargetDuration {
		f.add(TargetDuration, "the target duration went from %s to %s", Target(last), Target(p))
	}
	if p.MediaSequence < last.MediaSequence {
		f.add(Sequence, "the media sequence went down from %d to %d", last.MediaSequence, p.MediaSequence)
	}
	if p.LastMSN() < last.LastMSN() {
		f.add(Growth, "the newest msn went down from %d to %d", last.LastMSN(), p.LastMSN())
	}
	if p.DiscontinuitySequence < last.DiscontinuitySequence {
		f.add(DiscontinuitySequence, "the discontinuity sequence went down from %d to %d", last.DiscontinuitySequence, p.DiscontinuitySequence)
	} else if want, ok := discontinuityAt(last, p.MediaSequence); ok && want != p.DiscontinuitySequence {
		f.add(DiscontinuitySequence, "the discontinuity sequence is %d at msn %d, it was %d there", p.DiscontinuitySequence, p.MediaSequence, want)
	}
}

// discontinuityAt is EXT-X-DISCONTINUITY-SEQUENCE as it must be in a playlist
// that begins at msn, from an older playlist that reaches up to there: the
// discontinuities removed from the head are counted (RFC 8216, 6.2.2).
func discontinuityAt(p *m3u8.MediaPlaylist, msn int64) (int64, bool) {
	n := msn - p.MediaSequence
	if n < 0 || n > int64(len(p.Segments)) {
		return 0, false
	}
	seq := p.DiscontinuitySequence
	for i := range p.Segments[:n] {
		if p.Segments[i].Discontinuity {
			seq++
		}
	}
	return seq, true
}

// checkIdentity reports the first segment that has changed: where one has, all after it
// often have as well.
func (c *PlaylistCheck) checkIdentity(p *m3u8.MediaPlaylist, f *found) {
	if c.identity == nil {
		c.identity = make(map[int64]identity)
	}
	disc, changed, first := p.DiscontinuitySequence, 0, ""
	for i := range p.Segments {
		s := &p.Segments[i]
		msn := p.MediaSequence + int64(i)
		if s.Discontinuity {
			disc++
		}
		is := identity{s.URI, s.Duration, disc, s.Gap}
		was, known := c.identity[msn]
		c.identity[msn] = is
		if !known || was == is {
			continue
		}
		if changed++; changed == 1 {
			first = fmt.Sprintf("msn %d was %s, is %s", msn, was, is)
		}
	}
	switch {
	case changed > 1:
		f.add(Identity, "%s, and %d more", first, changed-1)
	case changed == 1:
		f.add(Identity, "%s", first)
	}
	forget(c.identity, p.LastMSN())
}

// checkDates compares the dates with those of earlier loads and with each other. A date
// that jumps ahead is a hole in the numbers: a segment is missing that was never listed.
func (c *PlaylistCheck) checkDates(p *m3u8.MediaPlaylist, f *found) {
	if c.dates == nil {
		c.dates = make(map[int64]time.Time)
	}
	var end time.Time // of the segment before; zero when unknown
	for i, date := range Dates(p) {
		s, msn := &p.Segments[i], p.MediaSequence+int64(i)
		if date.IsZero() {
			end = time.Time{}
			continue
		}
		was, known := c.dates[msn]
		c.dates[msn] = date
		jump := date.Sub(end)
		switch {
		case known && date.Sub(was).Abs() > dateDrift:
			f.add(Identity, "the date of msn %d went from %s to %s", msn, clock(was), clock(date))
		case known, end.IsZero(), s.Discontinuity:
		case jump > max(dateDrift, s.Duration/2):
			f.add(Sequence, "a hole of %s before msn %d: the segment before it ends at %s, it begins at %s", round(jump), msn, clock(end), clock(date))
		case jump < -dateDrift:
			f.add(Sequence, "the date of msn %d is %s before the end of the segment before it", msn, round(-jump))
		}
		end = date.Add(s.Duration)
	}
	forget(c.dates, p.LastMSN())
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }

func forget[V any](m map[int64]V, newest int64) {
	if len(m) <= 2*historySize {
		return
	}
	for msn := range m {
		if msn < newest-historySize {
			delete(m, msn)
		}
	}
}

// Dates are the dates of the segments. Those without one count on from the segment before
// (RFC 8216, 4.3.2.6); zero where that has no date either.
func Dates(p *m3u8.MediaPlaylist) []time.Time {
	list := make([]time.Time, len(p.Segments))
	var next time.Time
	for i := range p.Segments {
		s := &p.Segments[i]
		if !s.ProgramDateTime.IsZero() || s.Discontinuity {
			next = s.ProgramDateTime
		}
		list[i] = next
		if !next.IsZero() {
			next = next.Add(s.Duration)
		}
	}
	return list
}

// String describes the identity for a violation.
func (i identity) String() string {
	s := fmt.Sprintf("%s %s discontinuity %d", i.uri, i.duration, i.discontinuity)
	if i.gap {
		s += " gap"
	}
	return s
}

// Seen says when the newest segment was surely the newest.
func (c *PlaylistCheck) Seen() Newest {
	return Newest{MSN: c.Newest(), From: c.since, To: c.since.Add(c.still)}
}
