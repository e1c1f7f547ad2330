package window

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// Window is what the packager lists: segments with successive numbers, oldest first. A
// listed segment never changes, and numbers never go down. Two packagers list the same
// segment under one number, since all of it comes from the encoder's playlist.
type Window struct {
	// Size is how many segments are listed.
	Size int
	// Sole is true when a single source brings all. A segment that its newest playlist
	// does not list will not come.
	Sole bool

	target int // seconds; that of the first playlist, never changed
	listed []Entry
	ended  bool
}

// Newest returns the MSN of the newest listed segment, -1 when there is none.
func (w *Window) Newest() int64 {
	if len(w.listed) == 0 {
		return -1
	}
	return w.listed[len(w.listed)-1].MSN
}

// Listed returns the listed entries, oldest first. They must not be changed.
func (w *Window) Listed() []Entry { return w.listed }

// At returns the entry listed under a number.
func (w *Window) At(msn int64) (Entry, bool) {
	if len(w.listed) == 0 || msn < w.listed[0].MSN || msn > w.Newest() {
		return Entry{}, false
	}
	return w.listed[msn-w.listed[0].MSN], true
}

// Due returns those of an encoder's entries that are newer than the listed ones.
func (w *Window) Due(all []Entry) []Entry {
	newest := w.Newest()
	i, _ := slices.BinarySearchFunc(all, newest+1, func(e Entry, msn int64) int { return int(e.MSN - msn) })
	return all[i:]
}

// Target returns the target duration in seconds, zero before the first playlist.
func (w *Window) Target() int { return w.target }

// List lists entries that Choose returned, and reports whether there were any. The target
// duration stays that of the first playlist, since it must not change (RFC 8216, 6.2.1).
func (w *Window) List(chosen []Entry, target int) (bool, error) {
	if len(chosen) == 0 {
		return false, nil
	}
	if w.target == 0 {
		w.target = target
	}
	limit := time.Duration(w.target) * time.Second
	for _, e := range chosen {
		if e.Segment.Duration.Round(time.Second) > limit {
			return false, fmt.Errorf("segments of %s are longer than the target duration of %s, which must not change", e.Segment.Duration, limit)
		}
	}
	for _, e := range chosen {
		w.add(e)
	}
	w.ended = false
	return true, nil
}

func (w *Window) add(e Entry) {
	if n := len(w.listed); n > 0 {
		last := w.listed[n-1]
		if last.Segment.Map.URI != e.Segment.Map.URI {
			e.Segment.Discontinuity = true // without it players would not reset their decoder
		}
		least := last.Number
		if e.Segment.Discontinuity {
			least++
		}
		if e.MSN == last.MSN+1 {
			e.Number = least
		} else {
			e.Number, w.listed = max(e.Number, least), nil // the window begins anew
		}
	}
	w.listed = append(w.listed, e)
	if over := len(w.listed) - w.Size; over > 0 {
		w.listed = slices.Clone(w.listed[over:])
	}
}

// End notes that nothing follows the listed segments, until another one is listed.
func (w *Window) End() { w.ended = len(w.listed) > 0 }

// Ended reports whether nothing follows the listed segments.
func (w *Window) Ended() bool { return w.ended }

// Contradicts returns those of an encoder's entries that differ from the ones listed
// under their numbers, which stay.
func (w *Window) Contradicts(all []Entry) []Entry {
	var found []Entry
	for _, e := range all {
		if old, ok := w.At(e.MSN); ok && !old.Segment.Gap && (!old.Agrees(e) || e.Segment.Gap) {
			found = append(found, e)
		}
	}
	return found
}

// Uses reports whether a listed segment needs the media called name.
func (w *Window) Uses(name string) bool {
	return slices.ContainsFunc(w.listed, func(e Entry) bool { return e.Segment.URI == name || e.Segment.Map.URI == name })
}

// Playlist returns the playlist of the window. It shares its segments, which must not be
// changed.
func (w *Window) Playlist() *m3u8.MediaPlaylist {
	p := &m3u8.MediaPlaylist{
		Version: 7, TargetDuration: w.target, IndependentSegments: true, EndList: w.ended,
		ServerControl: &m3u8.ServerControl{CanBlockReload: true, HoldBack: 3 * time.Duration(w.target) * time.Second},
	}
	for i, e := range w.listed {
		if i == 0 {
			p.MediaSequence, p.DiscontinuitySequence = e.MSN, e.Number
			if e.Segment.Discontinuity {
				p.DiscontinuitySequence--
			}
		}
		p.IndependentSegments = p.IndependentSegments && e.Independent
		p.Segments = append(p.Segments, e.Segment)
	}
	return p
}
