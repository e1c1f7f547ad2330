package sink

import (
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/window"
)

// signal is one signal on its way from its source to the players. Guarded by the
// Sink's mu, but for current.
type signal struct {
	name    string
	window  window.Window
	cache   window.Cache
	pending []window.Entry // entries of playlists that are not listed yet
	target  int            // seconds, of the first playlist; zero before it
	begun   time.Time      // when the first playlist came
	last    time.Time      // when anything came
	again   time.Time      // when the wait for a missing segment is over; zero when there is none
	life    life
	// away is true when its sole source no longer has it, final when its playlist says
	// that it ends.
	away, final bool
	logged      map[int64]bool // contradictions that were logged, by MSN
	trouble     *trouble

	// current is what is served; nil before the first playlist.
	current atomic.Pointer[window.Snapshot]
}

// goesOn reports whether the signal is published and not about to end.
func (g *signal) goesOn() bool {
	return g.current.Load() != nil && g.life.goesOn() && !g.window.Ended()
}

// arrival returns when the last of the media that an entry needs came, and whether it is
// there and matches the entry.
func (g *signal) arrival(e window.Entry) (time.Time, bool) {
	init := g.cache.Item(e.Segment.Map.URI)
	if e.Segment.Gap {
		return time.Time{}, init != nil
	}
	segment := g.cache.Item(e.Segment.URI)
	if init == nil || segment == nil || e.Fits(init.Media, segment.Media) != nil {
		return time.Time{}, false
	}
	return segment.Came, true
}

// merge adds the entries of a playlist to the pending ones and returns those that
// contradict earlier ones, which stay. The entries of a sole source replace its earlier
// ones. Of several sources each may have what the others lack, so their gaps are ignored.
func (g *signal) merge(entries []window.Entry) (wrong []window.Entry) {
	if g.window.Sole {
		g.pending = g.window.Due(entries)
		return g.window.Contradicts(entries)
	}
	pending := map[int64]window.Entry{}
	for _, e := range g.window.Due(g.pending) {
		pending[e.MSN] = e
	}
	newest := g.window.Newest()
	for _, e := range entries {
		old, known := pending[e.MSN]
		if e.MSN <= newest {
			old, known = g.window.At(e.MSN)
		}
		switch {
		case e.Segment.Gap || known && (old.Segment.Gap || old.Agrees(e)):
		case known:
			wrong = append(wrong, e)
		case e.MSN > newest:
			pending[e.MSN] = e
		}
	}
	msns := slices.Sorted(maps.Keys(pending))
	msns = msns[max(0, len(msns)-4*g.window.Size):]
	g.pending = nil
	for _, msn := range msns {
		g.pending = append(g.pending, pending[msn])
	}
	maps.DeleteFunc(g.logged, func(msn int64, _ bool) bool { return msn < newest-4*int64(g.window.Size) })
	return wrong
}

// errElsewhere says that a segment does not lie where its number puts it.
var errElsewhere = errors.New("it does not go on where the segment before ends, nor does a playlist say that it begins elsewhere")

// place compares a segment with the initialization sections that are there and with the
// segments beside it: it must fit one of the sections. Its playlist tells later which one
// it belongs to. The segments of one section follow each other on whatever grid their
// encoder cuts them, so a number only tells the place of a segment beside those of the
// same section.
func (g *signal) place(m *window.Media) (window.Span, error) {
	var why error = errNoInit
	for _, i := range g.cache.Items() {
		if i.Media.MSN >= 0 {
			continue
		}
		s, err := window.Measure(i.Media.Init, m.Fragments)
		if err == nil && !g.agrees(i.Media, m.MSN, s) {
			err = errElsewhere
		}
		if err == nil {
			return s, nil
		}
		why = refuse(Malformed, "segment: %w", err)
	}
	return window.Span{}, why
}

// equalInTime reports whether two segments that were encoded apart lie at the same place of
// one timeline.
func (g *signal) equalInTime(a, b *window.Media) bool {
	for _, i := range g.cache.Items() {
		if i.Media.MSN >= 0 || !a.Encoded || !b.Encoded {
			continue
		}
		x, errX := window.Measure(i.Media.Init, a.Fragments)
		y, errY := window.Measure(i.Media.Init, b.Fragments)
		if errX == nil && errY == nil && x == y {
			return true
		}
	}
	return false
}

// agrees reports whether a segment that lies at s follows the one before and is followed
// by the one after it, as far as these are there and belong to the section. A segment far
// away comes from an encoder that began anew; one nearby has the time of another number.
func (g *signal) agrees(section *window.Media, msn int64, s window.Span) bool {
	near := time.Duration(g.window.Size) * s.Lasts()
	joins := func(number int64, a, b window.Span) bool {
		if e, known := g.entry(number); known && e.Segment.Map.URI == section.Name && e.Segment.Discontinuity {
			return true
		}
		return b.Follows(a, 1) || b.Off(a, 1) > near
	}
	if before, known := g.span(section, msn-1); known && !joins(msn, before, s) {
		return false
	}
	behind, known := g.span(section, msn+1)
	return !known || joins(msn+1, s, behind)
}

// span returns where the segment of a number lies; false unless it is there and belongs
// to the section.
func (g *signal) span(section *window.Media, msn int64) (window.Span, bool) {
	e, known := g.entry(msn)
	i := g.cache.Item(media.SegmentName(msn))
	if !known || i == nil || e.Segment.Gap || e.Segment.Map.URI != section.Name {
		return window.Span{}, false
	}
	s, err := window.Measure(section.Init, i.Media.Fragments)
	return s, err == nil
}

// entry returns the listed or pending entry of a segment.
func (g *signal) entry(msn int64) (window.Entry, bool) {
	if e, listed := g.window.At(msn); listed {
		return e, true
	}
	i, found := slices.BinarySearchFunc(g.pending, msn, func(e window.Entry, n int64) int { return int(e.MSN - n) })
	if !found {
		return window.Entry{}, false
	}
	return g.pending[i], true
}

// join marks a discontinuity at each chosen entry whose media does not begin where the
// media before it ends, though it has the same initialization section: its encoder began
// anew without saying so, and players would stall there.
func (g *signal) join(chosen []window.Entry) {
	var last window.Entry
	if n := len(g.window.Listed()); n > 0 {
		last = g.window.Listed()[n-1]
	}
	for i, e := range chosen {
		section := g.cache.Item(e.Segment.Map.URI)
		same := last.Segment.Map != nil && last.Segment.Map.URI == e.Segment.Map.URI
		if same && section != nil && !e.Segment.Gap && !e.Segment.Discontinuity && !last.Segment.Gap {
			here, ok := g.measured(section.Media, e)
			before, known := g.measured(section.Media, last)
			chosen[i].Segment.Discontinuity = ok && known && !here.Follows(before, e.MSN-last.MSN)
		}
		last = e
	}
}

func (g *signal) measured(section *window.Media, e window.Entry) (window.Span, bool) {
	i := g.cache.Item(e.Segment.URI)
	if i == nil {
		return window.Span{}, false
	}
	s, err := window.Measure(section.Init, i.Media.Fragments)
	return s, err == nil
}

// show publishes a snapshot of what is listed now.
func (g *signal) show() {
	next := window.NewSnapshot(g.window.Playlist(), g.cache.UpTo(g.window.Newest()))
	g.replace(next)
}

func (g *signal) replace(next *window.Snapshot) {
	if old := g.current.Swap(next); old != nil {
		close(old.Replaced)
	}
}

// sweep drops the media that is no longer needed.
func (g *signal) sweep(now time.Time) {
	due := map[string]bool{}
	for _, e := range g.window.Due(g.pending) {
		due[e.Segment.URI], due[e.Segment.Map.URI] = true, true
	}
	if !g.cache.Sweep(func(name string) bool { return due[name] || g.window.Uses(name) }, now) {
		return
	}
	if old := g.current.Load(); old != nil {
		g.current.Store(old.With(g.cache.UpTo(g.window.Newest())))
	}
}
