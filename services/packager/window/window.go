package window

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// Window is what the packager lists: segments without a hole, oldest first. What
// is listed never changes, its numbers never go down, and what two packagers list
// under one number is the same, since all of it comes from the encoder's playlist.
type Window struct {
	// Size is how many segments are listed.
	Size int
	// Sole: one source brings all. What its newest playlist does not list nobody is
	// going to bring.
	Sole bool

	target int // seconds; that of the first playlist, for good
	listed []Entry
	ended  bool
}

// Newest is the MSN of the newest segment listed, -1 when there is none.
func (w *Window) Newest() int64 {
	if len(w.listed) == 0 {
		return -1
	}
	return w.listed[len(w.listed)-1].MSN
}

// Listed are the entries that are listed, oldest first. They must not be changed.
func (w *Window) Listed() []Entry { return w.listed }

// At returns what is listed under a number.
func (w *Window) At(msn int64) (Entry, bool) {
	if len(w.listed) == 0 || msn < w.listed[0].MSN || msn > w.Newest() {
		return Entry{}, false
	}
	return w.listed[msn-w.listed[0].MSN], true
}

// Due returns those of an encoder's entries that are newer than what is listed.
func (w *Window) Due(all []Entry) []Entry {
	newest := w.Newest()
	i, _ := slices.BinarySearchFunc(all, newest+1, func(e Entry, msn int64) int { return int(e.MSN - msn) })
	return all[i:]
}

// Target is the target duration in seconds, zero before the first playlist.
func (w *Window) Target() int { return w.target }

// List lists entries that Choose chose, and reports whether there was any. The
// target duration is that of the first playlist: it must not change
// (RFC 8216, 6.2.1).
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
			e.Segment.Discontinuity = true // else players would not start a decoder anew
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

// End says that nothing follows what is listed. It holds until something is listed.
func (w *Window) End() { w.ended = len(w.listed) > 0 }

// Ended reports whether nothing follows what is listed.
func (w *Window) Ended() bool { return w.ended }

// Contradicts returns those of an encoder's entries that are not what is listed
// under their number: what was listed first stays.
func (w *Window) Contradicts(all []Entry) []Entry {
	var found []Entry
	for _, e := range all {
		if old, ok := w.At(e.MSN); ok && !old.Segment.Gap && (!old.Says(e) || e.Segment.Gap) {
			found = append(found, e)
		}
	}
	return found
}

// Uses reports whether what is listed needs the file called name.
func (w *Window) Uses(name string) bool {
	return slices.ContainsFunc(w.listed, func(e Entry) bool { return e.Segment.URI == name || e.Segment.Map.URI == name })
}

// Playlist is the packager's own; its segments are shared with the window and
// must not be changed.
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
		p.Segments = append(p.Segments, e.Segment)
	}
	return p
}
