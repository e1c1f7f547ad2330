package timeline

import (
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// windowLeast is how many target durations a live playlist lists at least (RFC 8216,
// 6.2.2).
const windowLeast = 3

// List lists the next n pending entries, and removes from the head what no longer fits
// the window, which it returns. An entry is removed only after it was listed for a target
// duration: several may be listed at once, and players must have seen them.
func (t *Timeline) List(n int, now time.Time) (dropped []Entry) {
	for range n {
		t.Entries[t.Listed].Listed = now
		t.Listed++
	}
	if t.Head.PlaylistType == "EVENT" {
		return nil // nothing is removed from it (RFC 8216, 6.2.1)
	}
	var total time.Duration
	for i := range t.Entries[:t.Listed] {
		total += t.Entries[i].Segment.Duration
	}
	window := max(t.Window, windowLeast*t.Target())
	k := 0
	for k < t.Listed-1 && now.Sub(t.Entries[k].Listed) >= t.Target() && total-t.Entries[k].Segment.Duration >= window {
		total -= t.Entries[k].Segment.Duration
		if t.Entries[k].Segment.Discontinuity {
			t.Number++
		}
		k++
	}
	if k == 0 {
		return nil
	}
	head, last := &t.Entries[k], &t.Entries[k-1]
	if s := &head.Segment; s.ProgramDateTime.IsZero() && !s.Discontinuity && !last.Segment.ProgramDateTime.IsZero() {
		s.ProgramDateTime = last.Segment.ProgramDateTime.Add(last.Segment.Duration)
	}
	if s := &head.Segment; s.Bitrate == 0 {
		s.Bitrate = last.Segment.Bitrate
	}
	dropped = t.Entries[:k:k]
	t.Entries = slices.Clone(t.Entries[k:])
	t.Listed -= k
	return dropped
}

// Length is the duration of a playlist.
func Length(p *m3u8.MediaPlaylist) time.Duration {
	var total time.Duration
	for i := range p.Segments {
		total += p.Segments[i].Duration
	}
	return total
}

// Playlist is the listed part.
func (t *Timeline) Playlist() *m3u8.MediaPlaylist {
	p := t.Head
	p.DiscontinuitySequence = t.Number
	p.EndList = t.Ended && t.Listed == len(t.Entries)
	if t.Listed > 0 {
		p.MediaSequence = t.Entries[0].MSN
	}
	p.Segments = make([]m3u8.Segment, t.Listed)
	var keys []m3u8.Key
	for i := range p.Segments {
		p.Segments[i] = t.Entries[i].Segment
		p.Segments[i].Keys = change(keys, t.Entries[i].Segment.Keys)
		keys = t.Entries[i].Segment.Keys
	}
	t.addFront(&p)
	p.Trailing = t.back.unknown
	return &p
}

// change are the EXT-X-KEY tags that lead from the keys before a segment to its own. When
// a format has no key any more, METHOD=NONE ends all keys.
func change(before, now []m3u8.Key) []m3u8.Key {
	if slices.EqualFunc(before, now, m3u8.Key.Equal) {
		return nil
	}
	for _, k := range before {
		if !slices.ContainsFunc(now, func(n m3u8.Key) bool { return n.KeyFormat == k.KeyFormat }) {
			return append([]m3u8.Key{{Method: "NONE"}}, now...)
		}
	}
	return now
}

func (t *Timeline) found() uri.Found { return uri.Found{Target: t.Key, Key: t.Key} }

// Share makes entries with the same EXT-X-MAP share one pointer again after they were
// read from disk, as the writer expects.
func (t *Timeline) Share() {
	for i := 1; i < len(t.Entries); i++ {
		a, b := t.Entries[i-1].Segment.Map, t.Entries[i].Segment.Map
		if a != nil && b != nil && a.URI == b.URI && sameRange(b.ByteRange, a.ByteRange) {
			t.Entries[i].Segment.Map = a
		}
	}
}
