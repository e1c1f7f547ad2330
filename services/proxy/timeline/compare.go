package timeline

import (
	"fmt"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/hls/m3u8"
)

// Relation is how a packager's playlist relates to the timeline.
type Relation struct {
	// Behind means that its newest segment is older than the oldest entry, or than the
	// present numbers.
	Behind bool
	// Hole is how many segments are missing between the last entry and its next segment.
	// Other packagers that have them are asked before the hole is filled.
	Hole int64
	// Conflict is how it contradicts what was served, so that it does not list the same
	// segments; empty when it does not contradict.
	Conflict string
	// Renamed is how it gives other names to segments that may be the same, which their
	// bytes show; empty when the names are the same.
	Renamed string
	// Drift is how far its dates are from those that were served.
	Drift time.Duration
}

const (
	// maxDrift is how far the dates of one segment may be apart.
	maxDrift = 500 * time.Millisecond
	// maxJitter is how far the durations of one segment may be apart at two packagers.
	maxJitter = 10 * time.Millisecond
	// compared is how many of the newest common segments are compared: a window may have
	// thousands.
	compared = 64
)

// Compare compares l with what was served.
func (t *Timeline) Compare(l List) Relation {
	if t.Empty() || len(l.Segments) == 0 {
		return Relation{}
	}
	first, last, next := l.MediaSequence+t.Shift.Delta, l.LastMSN()+t.Shift.Delta, t.Next()
	if last < t.Since || len(t.Entries) > 0 && last < t.Entries[0].MSN {
		return Relation{Behind: true}
	}
	if first > next {
		return Relation{Hole: first - next}
	}
	var r Relation
	t.compare(l, &r)
	if r.Conflict == "" && last >= next {
		if until, missing := untilGap(l, next-first); missing && until.LastMSN()+t.Shift.Delta < next {
			r.Hole = 1
		}
	}
	return r
}

// compare compares the segments that both list, newest first.
func (t *Timeline) compare(l List, r *Relation) {
	n := 0
	for i := len(l.Segments) - 1; i >= 0 && n < compared; i-- {
		msn := l.MediaSequence + int64(i) + t.Shift.Delta
		e := t.Entry(msn)
		if e == nil || msn < t.Since {
			if msn < t.Next() {
				break
			}
			continue
		}
		if e.Segment.Gap {
			continue // missing here for good; a packager that has it is not wrong
		}
		n++
		s := &l.Segments[i]
		name := t.nameIn(l, s.URI)
		jitter := maxJitter
		if name == e.Name {
			jitter = max(jitter, e.Segment.Duration/2) // rounded, or estimated at first
		}
		switch {
		case (s.Duration - e.Segment.Duration).Abs() > jitter:
			r.Conflict = fmt.Sprintf("msn %d lasts %s, %s was served", msn, s.Duration, e.Segment.Duration)
		case s.Discontinuity != e.Theirs && i > 0: // at the head of its list it says nothing about the segment before
			r.Conflict = fmt.Sprintf("msn %d: discontinuity %t, %t was served", msn, s.Discontinuity, e.Theirs)
		case !sameRange(s.ByteRange, e.Segment.ByteRange):
			r.Conflict = fmt.Sprintf("msn %d is another part of %.80q", msn, s.URI)
		case (s.Map == nil) != (e.Segment.Map == nil):
			r.Conflict = fmt.Sprintf("msn %d: with and without EXT-X-MAP", msn)
		}
		if r.Renamed == "" && name != e.Name {
			r.Renamed = fmt.Sprintf("msn %d is %.80q, %.80q was served", msn, name, e.Name)
		}
		if a, b := s.ProgramDateTime, e.Segment.ProgramDateTime; r.Drift == 0 && !a.IsZero() && !b.IsZero() {
			r.Drift = a.Sub(b)
		}
	}
}

// nameIn is the name of a URI of l.
func (t *Timeline) nameIn(l List, ref string) string {
	place, err := t.Hosts.Place(l.Found, ref, "")
	if err != nil {
		return ref
	}
	return nameOf(place, Resource{Target: place.Target})
}

// sameRange reports whether a byte range can be the one that was served. One without an
// offset continues from the segment before.
func sameRange(theirs, ours *m3u8.ByteRange) bool {
	if theirs == nil || ours == nil {
		return theirs == ours
	}
	return theirs.Length == ours.Length && (theirs.Offset < 0 || theirs.Offset == ours.Offset)
}

// drift is what must be added to l's dates to continue those that were served, if its
// clock differs.
func (t *Timeline) drift(l List) time.Duration {
	var r Relation
	t.compare(l, &r)
	if r.Drift.Abs() <= maxDrift {
		return 0
	}
	return -r.Drift
}

// Same reports whether two segments have the same media, and whole whether they even have
// the same bytes. known is false when that cannot be determined.
func Same(a, b Content) (same, whole, known bool) {
	switch {
	case a.Digest == "" || b.Digest == "":
		return false, false, false
	case a.Digest == b.Digest:
		return true, true, true
	case a.Format == container.FormatWebVTT && b.Format == container.FormatWebVTT:
		return true, false, true // text has no decoder that would be confused
	case a.Sealed || b.Sealed:
		return false, false, true
	case a.HasStart && b.HasStart && a.Format == b.Format && a.Init == b.Init && near(a.Start, b.Start):
		return true, false, true
	}
	return false, false, true
}

// near reports whether two timestamps are at most 2 ms apart.
func near(a, b container.Timestamp) bool {
	tolerance := int64(0)
	if a.Scale > 0 {
		tolerance = a.Scale / 500
	}
	d := a.Ticks - b.Ticks
	return a.Scale == b.Scale && -tolerance <= d && d <= tolerance
}

// Sample is the content of one segment of a packager.
type Sample struct {
	MSN     int64 // the packager's number
	Content Content
}

// Unseen is the index of the first segment of l whose media players have not had yet. It
// is found by the bytes or first timestamps of samples, else by the dates, else it is one
// of the newest three.
func (t *Timeline) Unseen(l List, samples []Sample) int64 {
	n := int64(len(l.Segments))
	for i := len(samples) - 1; i >= 0; i-- {
		at := samples[i].MSN - l.MediaSequence
		if at < 0 || at >= n {
			continue
		}
		if k, ok := t.position(samples[i].Content); ok {
			// The entries after the same one are after it in l as well.
			return min(max(at+int64(len(t.Entries)-k), 0), n)
		}
	}
	newest := max(0, n-3)
	if len(t.Entries) == 0 {
		return newest
	}
	last := &t.Entries[len(t.Entries)-1]
	if last.Segment.ProgramDateTime.IsZero() {
		return newest
	}
	end := last.Segment.ProgramDateTime.Add(last.Segment.Duration - maxDrift)
	for i := range l.Segments {
		if l.Segments[i].ProgramDateTime.IsZero() {
			return newest
		}
		if !l.Segments[i].ProgramDateTime.Before(end) {
			return int64(i)
		}
	}
	return n
}

// Placed reports whether the samples show where l stands relative to what was served.
func (t *Timeline) Placed(l List, samples []Sample) bool {
	for _, sample := range samples {
		if at := sample.MSN - l.MediaSequence; at >= 0 && at < int64(len(l.Segments)) {
			if _, ok := t.position(sample.Content); ok {
				return true
			}
		}
	}
	return false
}

// position is the index of the entry whose media c is, or of the next entry if c directly
// follows the last one.
func (t *Timeline) position(c Content) (int, bool) {
	for i := len(t.Entries) - 1; i >= 0; i-- {
		e := &t.Entries[i]
		if same, _, known := Same(e.Content, c); known && same {
			return i, true
		}
		if e.Content.Sealed && c.Sealed && e.Content.HasStart && c.HasStart && near(e.Content.Start, c.Start) {
			return i, true
		}
		if i == len(t.Entries)-1 && c.HasStart && e.Content.HasStart && c.Format == e.Content.Format && e.Content.Start.Scale > 0 {
			end := e.Content.Start
			end.Ticks += int64(e.Segment.Duration.Seconds() * float64(end.Scale))
			if d := c.Start.Ticks - end.Ticks; c.Start.Scale == end.Scale && max(d, -d) <= end.Scale/20 {
				return len(t.Entries), true
			}
		}
	}
	return 0, false
}

// Look is the entry that l's segment of a number would be.
func (t *Timeline) Look(l List, theirs int64) (Entry, bool) {
	i := theirs - l.MediaSequence
	if i < 0 || i >= int64(len(l.Segments)) || l.Segments[i].Gap {
		return Entry{}, false
	}
	b := t.builder(l)
	for n := range l.Segments[:i] {
		b.pass(&l.Segments[n])
	}
	e, err := b.entry(int(i))
	return e, err == nil && e.Media.Key != ""
}

// Outsiders reports whether the newest segment that both list is at another host, so that
// its URI means the same in both.
func (t *Timeline) Outsiders(l List) bool {
	last := min(t.Next()-1, l.LastMSN()+t.Shift.Delta)
	e := t.Entry(last)
	if e == nil || last < l.MediaSequence+t.Shift.Delta {
		return false
	}
	return e.Outside()
}
