package ingest

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
	shelf   window.Shelf
	pending []window.Entry // what playlists say of segments that are not listed
	target  int            // seconds, of the first playlist; zero before it
	begun   time.Time      // when that came
	last    time.Time      // when anything came
	again   time.Time      // when a hole will have had its time; zero for none
	life    life
	// away: its sole source has it no more. final: its playlist says that it ends.
	away, final bool
	told        map[int64]bool // contradictions that were told, by MSN
	trouble     *trouble

	// current is what is served; nil before the first playlist.
	current atomic.Pointer[window.Snapshot]
}

// goesOn reports whether the signal is on air and not about to end.
func (g *signal) goesOn() bool {
	return g.current.Load() != nil && g.life.goesOn() && !g.window.Ended()
}

// stock says when the last of what an entry needs came, and whether it is there and
// is what the entry says.
func (g *signal) stock(e window.Entry) (time.Time, bool) {
	init := g.shelf.Item(e.Segment.Map.URI)
	if e.Segment.Gap {
		return time.Time{}, init != nil
	}
	segment := g.shelf.Item(e.Segment.URI)
	if init == nil || segment == nil || e.Fits(init.Media, segment.Media) != nil {
		return time.Time{}, false
	}
	return segment.Came, true
}

// say takes what a playlist says, and returns the entries that contradict what was
// said before, which stays. What a sole source says replaces what it said. Of several
// each may bring what the others lack: their gaps are left out.
func (g *signal) say(entries []window.Entry) (wrong []window.Entry) {
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
		case e.Segment.Gap || known && (old.Segment.Gap || old.Says(e)):
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
	maps.DeleteFunc(g.told, func(msn int64, _ bool) bool { return msn < newest-4*int64(g.window.Size) })
	return wrong
}

// errElsewhere says that a segment is not where its number has it.
var errElsewhere = errors.New("it does not go on where the segment before ends, nor does a playlist say that it begins elsewhere")

// place holds a segment against the initialization sections that are there and the
// segments beside it: it must go with one of them. Which one it belongs to its
// playlist says, when it comes. The segments of a section go on from each other, on
// whatever grid their encoder cuts them: only beside its own does a number tell where
// it begins.
func (g *signal) place(m *window.Media) (window.Span, error) {
	var why error = errNoInit
	for _, i := range g.shelf.Items() {
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
		why = refuse(statusBad, "segment: %w", err)
	}
	return window.Span{}, why
}

// agrees reports whether a segment that lies at s goes on from the one before, and
// the one behind from it, as far as they are there and belong to the section too. One
// that lies elsewhere altogether is of an encoder that began anew; one that lies near
// has the time of another number.
func (g *signal) agrees(section *window.Media, msn int64, s window.Span) bool {
	near := time.Duration(g.window.Size) * s.Lasts()
	joins := func(number int64, a, b window.Span) bool {
		if e, known := g.entry(number); known && e.Segment.Map.URI == section.Name && e.Segment.Discontinuity {
			return true
		}
		return b.Behind(a, 1) || b.Off(a, 1) > near
	}
	if before, known := g.span(section, msn-1); known && !joins(msn, before, s) {
		return false
	}
	behind, known := g.span(section, msn+1)
	return !known || joins(msn+1, s, behind)
}

// span returns where a segment lies that is there and belongs to a section.
func (g *signal) span(section *window.Media, msn int64) (window.Span, bool) {
	e, known := g.entry(msn)
	i := g.shelf.Item(media.SegmentName(msn))
	if !known || i == nil || e.Segment.Gap || e.Segment.Map.URI != section.Name {
		return window.Span{}, false
	}
	s, err := window.Measure(section.Init, i.Media.Fragments)
	return s, err == nil
}

// entry returns what is listed or said of a segment.
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

// join marks those of the chosen entries whose media does not go on where the media
// before it ends though it has the same initialization section: an encoder that
// began anew and did not say so. Players would stall there.
func (g *signal) join(chosen []window.Entry) {
	var last window.Entry
	if n := len(g.window.Listed()); n > 0 {
		last = g.window.Listed()[n-1]
	}
	for i, e := range chosen {
		section := g.shelf.Item(e.Segment.Map.URI)
		same := last.Segment.Map != nil && last.Segment.Map.URI == e.Segment.Map.URI
		if same && section != nil && !e.Segment.Gap && !e.Segment.Discontinuity && !last.Segment.Gap {
			here, ok := g.measured(section.Media, e)
			before, known := g.measured(section.Media, last)
			chosen[i].Segment.Discontinuity = ok && known && !here.Behind(before, e.MSN-last.MSN)
		}
		last = e
	}
}

func (g *signal) measured(section *window.Media, e window.Entry) (window.Span, bool) {
	i := g.shelf.Item(e.Segment.URI)
	if i == nil {
		return window.Span{}, false
	}
	s, err := window.Measure(section.Init, i.Media.Fragments)
	return s, err == nil
}

// show replaces the snapshot by what is listed now.
func (g *signal) show() {
	next := window.NewSnapshot(g.window.Playlist(), g.shelf.UpTo(g.window.Newest()))
	g.replace(next)
}

func (g *signal) replace(next *window.Snapshot) {
	if old := g.current.Swap(next); old != nil {
		close(old.Replaced)
	}
}

// sweep drops the media that has had its time.
func (g *signal) sweep(now time.Time) {
	due := map[string]bool{}
	for _, e := range g.window.Due(g.pending) {
		due[e.Segment.URI], due[e.Segment.Map.URI] = true, true
	}
	if !g.shelf.Sweep(func(name string) bool { return due[name] || g.window.Uses(name) }, now) {
		return
	}
	if old := g.current.Load(); old != nil {
		g.current.Store(old.With(g.shelf.UpTo(g.window.Newest())))
	}
}
