package proxy

import (
	"fmt"
	"strconv"
	"time"

	"livestream-tui/services/hls"
)

// maxHole is the longest hole that is listed with gaps; a longer one begins a new
// window (FAILURES.md, case 16).
func (t *timeline) maxHole() int64 {
	return max(3, int64(t.window/max(t.target(), time.Second)))
}

// skip takes a playlist that goes on behind a hole: the missing segments are listed
// as gaps, or, where they are more than a window, count as listed and removed.
func (t *timeline) skip(p *hls.MediaPlaylist) offer {
	first, next := p.MediaSequence+t.shift.Delta, t.next()
	if c := t.refusal(p); c != "" || p.LastMSN()+t.shift.Delta < next {
		return offer{Conflict: c}
	}
	if first-next > t.maxHole() {
		return t.restart(p, 0, t.shift)
	}
	before := len(t.entries)
	for msn := next; msn < first; msn++ {
		t.gap(msn)
	}
	if _, err := t.append(p, max(next-first, 0), t.shift, false); err != nil {
		t.entries = t.entries[:before]
		return offer{Conflict: err.Error()}
	}
	return offer{Added: len(t.entries) - before}
}

// gap appends a segment that is missing for good.
func (t *timeline) gap(msn int64) {
	s := hls.Segment{URI: "gap-" + strconv.FormatInt(msn, 10), Duration: t.target(), Gap: true}
	if n := len(t.entries); n > 0 {
		last := t.entries[n-1].Segment
		s.Map, s.Duration = last.Map, last.Duration
		if !last.ProgramDateTime.IsZero() {
			s.ProgramDateTime = last.ProgramDateTime.Add(last.Duration)
		}
	}
	key, err := resolve(t.base, s.URI)
	if err != nil {
		key = "" // nothing can be asked for there
	}
	e := entry{MSN: msn, Segment: s, Key: key}
	if n := len(t.entries); n > 0 {
		e.Init, e.InitSource, e.Method = t.entries[n-1].Init, t.entries[n-1].InitSource, t.entries[n-1].Method
	}
	t.entries = append(t.entries, e)
}

// missing makes the entry of that number a gap, as long as it is not listed.
func (t *timeline) missing(msn int64) (entry, bool) {
	for i := t.listed; i < len(t.entries); i++ {
		if t.entries[i].MSN == msn {
			t.entries[i].Segment.Gap = true
			return t.entries[i], true
		}
	}
	return entry{}, false
}

// restart begins a new window with p's segments from index skip on, under a
// discontinuity; numbers go on from where they would be by the shift.
func (t *timeline) restart(p *hls.MediaPlaylist, skip int64, by shift) offer {
	before := *t
	first := p.MediaSequence + skip + by.Delta
	removed := t.number
	for _, e := range t.entries {
		if e.Segment.Discontinuity {
			removed++
		}
	}
	contiguous := first == t.next()
	if !contiguous {
		// The numbers between count as listed and removed.
		t.entries, t.listed, t.number, t.head.MediaSequence = nil, 0, removed, first
	}
	n, err := t.append(p, skip, by, true)
	if err != nil {
		*t = before
		return offer{Conflict: err.Error()}
	}
	if t.shift != by {
		t.shift, t.since = by, first
	}
	return offer{Added: n}
}

// renumber adopts a packager whose numbers or URIs are not ours, after everyone
// who went on with ours has gone: its newest segments follow under a
// discontinuity, under our numbers and URIs of their own (FAILURES.md, cases 15
// and 17). What players have had already, by its date, is not among them unless
// replay is set.
func (t *timeline) renumber(p *hls.MediaPlaylist, replay bool) offer {
	if len(p.Segments) == 0 {
		return offer{}
	}
	if c := t.refusal(p); c != "" {
		return offer{Conflict: c}
	}
	skip := t.unseen(p)
	if n := int64(len(p.Segments)); skip == n {
		if !replay {
			return offer{}
		}
		skip = max(0, n-3)
	}
	t.epoch++
	by := shift{Delta: t.next() - (p.MediaSequence + skip), Prefix: fmt.Sprintf("r%d-", t.epoch)}
	o := t.restart(p, skip, by)
	if o.Conflict != "" {
		t.epoch--
	}
	return o
}

// unseen is the index of the first segment of p whose media players have not had:
// by its date, else one of the newest three.
func (t *timeline) unseen(p *hls.MediaPlaylist) int64 {
	n := int64(len(p.Segments))
	newest := max(0, n-3)
	if len(t.entries) == 0 {
		return newest
	}
	last := t.entries[len(t.entries)-1].Segment
	if last.ProgramDateTime.IsZero() {
		return newest
	}
	end := last.ProgramDateTime.Add(last.Duration - maxDrift)
	for i, s := range p.Segments {
		if s.ProgramDateTime.IsZero() {
			return newest
		}
		if !s.ProgramDateTime.Before(end) {
			return int64(i)
		}
	}
	return n
}
