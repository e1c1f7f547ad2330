package timeline

import (
	"fmt"
	"strconv"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// maxHole is the longest hole that is listed as gaps; a longer one begins a new window.
func (t *Timeline) maxHole() int64 {
	return max(3, min(int64(t.Window/max(t.Target(), time.Second)), 300))
}

// Far reports whether a hole is too long to be listed as gaps.
func (t *Timeline) Far(hole int64) bool { return hole > t.maxHole() }

// Skip takes a playlist that continues beyond a hole. The missing segments are listed as
// gaps, or, if they are more than a window, count as listed and removed. It returns how
// many entries are new, and the entries that were removed.
func (t *Timeline) Skip(l List) (added int, gone []Entry, err error) {
	first, next := l.MediaSequence+t.Shift.Delta, t.Next()
	if l.LastMSN()+t.Shift.Delta < next {
		return 0, nil, nil
	}
	if t.Far(first - next) {
		return t.restart(l, 0, t.Shift)
	}
	before := len(t.Entries)
	for msn := next; msn < first; msn++ {
		t.gap(msn)
	}
	if _, err := t.append(l, max(next-first, 0), false); err != nil {
		t.Entries = t.Entries[:before]
		return 0, nil, err
	}
	t.raise(l)
	return len(t.Entries) - before, nil, nil
}

// gap appends a segment that is missing for good.
func (t *Timeline) gap(msn int64) {
	s := m3u8.Segment{URI: "gap-" + strconv.FormatInt(msn, 10), Duration: t.Target(), Gap: true}
	e := Entry{MSN: msn, Packager: -1}
	if n := len(t.Entries); n > 0 {
		last := &t.Entries[n-1]
		s.Map, s.Duration, s.Keys = last.Segment.Map, last.Segment.Duration, last.Segment.Keys
		if !last.Segment.ProgramDateTime.IsZero() {
			s.ProgramDateTime = last.Segment.ProgramDateTime.Add(last.Segment.Duration)
		}
		e.Init, e.Keys = last.Init, last.Keys
	}
	e.Segment = s
	if place, err := t.Hosts.Place(t.found(), s.URI, ""); err == nil {
		e.Media.Key = place.Key
	}
	t.Entries = append(t.Entries, e)
}

// Miss makes the entry of a number a gap, if it is not listed yet.
func (t *Timeline) Miss(msn int64) bool {
	for i := t.Listed; i < len(t.Entries); i++ {
		if t.Entries[i].MSN == msn {
			t.Entries[i].Segment.Gap = true
			return true
		}
	}
	return false
}

// Break makes the first pending entry that is not yet a discontinuity one, although no
// packager has it there: the other renditions have one more. It reports whether there was
// such an entry.
func (t *Timeline) Break() bool {
	for i := t.Listed; i < len(t.Entries); i++ {
		if s := &t.Entries[i].Segment; !s.Discontinuity {
			s.Discontinuity = true
			return true
		}
	}
	return false
}

// restart begins anew with l's segments from index skip on, under a discontinuity.
// Numbers continue from where the shift would put them.
func (t *Timeline) restart(l List, skip int64, by Shift) (added int, gone []Entry, err error) {
	before := *t
	first := l.MediaSequence + skip + by.Delta
	t.Shift = by
	if first != before.Next() {
		// The numbers between count as listed and removed.
		gone, t.Cut = t.Entries, true
		t.Number = t.Count()
		t.Entries, t.Listed, t.Head.MediaSequence = nil, 0, first
	}
	if added, err = t.append(l, skip, true); err != nil {
		*t = before
		return 0, nil, err
	}
	if before.Shift != by {
		t.Since = first
	}
	t.raise(l)
	t.keepType(l)
	return added, gone, nil
}

// Adopt continues with a packager whose numbers or segments differ, after all packagers
// that continued the timeline have gone. Its segments from index skip on follow under a
// discontinuity, with numbers of the timeline and names of their own, so that no URI ever
// means two things. Entries that were never listed are dropped and returned.
func (t *Timeline) Adopt(l List, skip int64) (added int, gone []Entry, err error) {
	if skip >= int64(len(l.Segments)) {
		return 0, nil, nil
	}
	before := *t
	gone = append(gone, t.Entries[t.Listed:]...)
	t.Entries = t.Entries[:t.Listed:t.Listed]
	if len(t.Entries) == 0 && len(gone) > 0 {
		t.Head.MediaSequence = gone[0].MSN
	}
	t.Epoch++
	by := Shift{Delta: t.Next() - (l.MediaSequence + skip), Prefix: fmt.Sprintf("r%d-", t.Epoch)}
	added, _, err = t.restart(l, skip, by)
	if err != nil {
		*t = before
		return 0, nil, err
	}
	return added, gone, nil
}
