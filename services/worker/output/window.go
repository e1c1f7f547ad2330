package output

import (
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

// Window is the media playlist of a signal at one time, and the grid of the segments to
// come. It never changes.
type Window struct {
	grid media.Grid
	size int
	// current is true where the list is up to date with another one, however short that is.
	current bool
	list    m3u8.MediaPlaylist
}

// NewWindow returns an empty window for size segments.
func NewWindow(grid media.Grid, size int) Window {
	return Window{grid: grid, size: size, list: m3u8.MediaPlaylist{
		Version: 7, TargetDuration: grid.TargetDuration(), IndependentSegments: true,
	}}
}

// Grid is that of the segments to come.
func (w Window) Grid() media.Grid { return w.grid }

// Newest is the number of the newest segment, -1 before the first.
func (w Window) Newest() int64 {
	if len(w.list.Segments) == 0 {
		return -1
	}
	return w.list.LastMSN()
}

// Full reports whether the playlist has its full length, or all that there is.
func (w Window) Full() bool { return w.current || len(w.list.Segments) >= w.size }

// Playlist is the playlist as text.
func (w Window) Playlist() []byte { return w.list.Encode() }

// On returns the window with another grid for the segments to come.
func (w Window) On(grid media.Grid) Window {
	w.grid = grid
	w.list.TargetDuration = max(w.list.TargetDuration, grid.TargetDuration())
	return w
}

// With returns the window with one more segment, a whole one of the grid.
func (w Window) With(msn int64, init string) Window {
	return w.with(msn, init, m3u8.Segment{Duration: w.grid.Length(), ProgramDateTime: w.grid.Start(msn)})
}

// Listing is how another playlist lists a segment.
type Listing struct {
	// Segment has its duration, date, discontinuity and date ranges.
	Segment m3u8.Segment
	// Target is the playlist's target duration in seconds, which must not change.
	// Independent says that its segments begin with key frames.
	Target      int
	Independent bool
	// Newest is true for the last segment that it lists.
	Newest bool
}

// WithListed returns the window with one more segment, listed as in another playlist.
func (w Window) WithListed(msn int64, init string, as Listing) Window {
	w.list.TargetDuration, w.list.IndependentSegments = as.Target, as.Independent
	w.current = w.current || as.Newest
	s := as.Segment
	return w.with(msn, init, m3u8.Segment{
		Duration: s.Duration, ProgramDateTime: s.ProgramDateTime, Discontinuity: s.Discontinuity, DateRanges: s.DateRanges,
	})
}

// with returns the window with one more segment. A number that does not follow the newest
// one begins the list anew: readers of the playlist cope with the jump.
func (w Window) with(msn int64, init string, s m3u8.Segment) Window {
	before := ""
	if n := len(w.list.Segments); n > 0 {
		before = w.list.Segments[n-1].Map.URI
	}
	if msn != w.list.NextMSN() || before == "" {
		w = w.drop(len(w.list.Segments))
		w.list.MediaSequence = msn
	}
	s.URI = media.SegmentName(msn)
	s.Discontinuity = before != "" && (s.Discontinuity || before != init) // another source
	if n := len(w.list.Segments); n > 0 && before == init {
		s.Map = w.list.Segments[n-1].Map
	} else {
		s.Map = &m3u8.Map{URI: init}
	}
	w.list.Segments = append(slices.Clip(w.list.Segments), s)
	return w.drop(len(w.list.Segments) - w.size)
}

// From returns the window without the segments before msn.
func (w Window) From(msn int64) Window { return w.drop(int(msn - w.list.MediaSequence)) }

// Ended returns the window whose playlist says that no segment follows (RFC 8216,
// 4.3.3.4).
func (w Window) Ended() Window {
	w.list.EndList = true
	return w
}

// drop returns the window without its n oldest segments.
func (w Window) drop(n int) Window {
	for ; n > 0 && len(w.list.Segments) > 0; n-- {
		if w.list.Segments[0].Discontinuity {
			w.list.DiscontinuitySequence++
		}
		w.list.Segments = w.list.Segments[1:]
		w.list.MediaSequence++
	}
	return w
}

// takenUp returns an empty window filled with what an earlier run listed: the newest
// segments without a hole, from oldest on, for which whole is true.
func (w Window) takenUp(old *m3u8.MediaPlaylist, oldest int64, whole func(msn int64, s m3u8.Segment) bool) Window {
	w.list.MediaSequence, w.list.DiscontinuitySequence = old.MediaSequence, old.DiscontinuitySequence
	for i, s := range old.Segments {
		msn := old.MediaSequence + int64(i)
		if msn >= oldest && whole(msn, s) {
			w.list.Segments = append(w.list.Segments, s)
			continue
		}
		w = w.drop(len(w.list.Segments))
		w.list.MediaSequence = msn + 1
		if s.Discontinuity {
			w.list.DiscontinuitySequence++
		}
	}
	return w.drop(len(w.list.Segments) - w.size) // a window that was longer
}

// names are those of the segments and of their initialization sections.
func (w Window) names() map[string]bool {
	names := map[string]bool{}
	for _, s := range w.list.Segments {
		names[s.URI], names[s.Map.URI] = true, true
	}
	return names
}

// gridAfter is the grid on which a signal goes on after a playlist, with segments of a
// length: the playlist's own where its segments are as long, else one whose numbers go on
// from the playlist's without a hole.
func gridAfter(list *m3u8.MediaPlaylist, segment time.Duration, now time.Time) media.Grid {
	g := media.Grid{Segment: segment}
	if segment == media.DefaultSegment {
		g.Segment = 0
	}
	last := list.Segments[len(list.Segments)-1]
	newest := list.LastMSN()
	ends := now
	if !last.ProgramDateTime.IsZero() {
		ends = last.ProgramDateTime.Add(last.Duration)
	}
	if (last.Duration-g.Length()).Abs() < time.Millisecond && !last.ProgramDateTime.IsZero() {
		g.Offset = newest - g.At(last.ProgramDateTime.Add(g.Length()/2)) // dates are rounded
		return g
	}
	next := g.At(ends)
	if g.Start(next).Before(ends) {
		next++ // it begins when the last one has ended
	}
	const recent = 5 // segments that are made up for; after a longer pause no player waits for them
	if live := g.At(now); live-next > recent {
		next = live
	}
	g.Offset = newest + 1 - next
	return g
}
