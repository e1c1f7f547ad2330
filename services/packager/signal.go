package packager

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"livestream-tui/services/hls"
)

// signal is one signal on its way from the disk to the players. One goroutine
// uses it; current may be loaded by any.
type signal struct {
	name   string
	window window
	shelf  shelf

	text    []byte // the worker's playlist as it was read last
	entries []entry
	target  int // seconds
	begun   bool
	judged  bool
	// leftover is the newest segment of what an earlier run left, -1 where there is
	// none: nothing of it is listed before the worker adds to it.
	leftover int64
	// ended: nobody brings it any more; what there is of it is served to its end.
	ended   atomic.Bool
	gone    time.Time // when it was found to be on disk no more; zero while it is
	trouble string    // what was logged last to be wrong

	// current is what is served; nil before the first playlist.
	current atomic.Pointer[snapshot]
}

func newSignal(name string, size int) *signal {
	return &signal{
		name: name, window: window{size: size}, leftover: -1,
		shelf: shelf{most: 4 * size, items: map[string]*item{}},
	}
}

// errLeftover says that what a signal's playlist lists is from an earlier run.
var errLeftover = errors.New("its segments ended longer ago than a window lasts: left by an earlier run, nothing is listed until the worker adds to them")

// isLeftover reports whether what was found at the first look is from an earlier
// run: listed now, it would be gone with a jump as soon as the worker goes on.
func (g *signal) isLeftover() bool {
	return g.leftover >= 0 && len(g.entries) > 0 && g.entries[len(g.entries)-1].msn == g.leftover
}

// judge looks at the age of what was found, once. What has no date has no age.
func (g *signal) judge(now time.Time) {
	if g.judged || len(g.entries) == 0 {
		return
	}
	g.judged = true
	last := g.entries[len(g.entries)-1]
	lasts := time.Duration(g.window.size*g.target) * time.Second
	if at := last.segment.ProgramDateTime; !at.IsZero() && now.Sub(at.Add(last.segment.Duration)) > lasts {
		g.leftover = last.msn
	}
}

// errNothing says that a signal's playlist lists nothing that can be served.
var errNothing = errors.New("its playlist lists no whole segment yet")

// load brings the worker's playlist and the media that it lists into memory, as
// far as it is whole. The error is what is wrong; what is right was loaded.
func (g *signal) load(f *folder) error {
	text, _, err := f.read(playlistName, hls.MaxPlaylist)
	if err != nil {
		return err
	}
	if !bytes.Equal(text, g.text) {
		list, err := hls.ParseMedia(text)
		if err != nil {
			return err
		}
		entries, err := entriesOf(list)
		if err != nil {
			return fmt.Errorf("playlist: %w", err)
		}
		g.text, g.entries, g.target = text, entries, list.TargetDuration
		target := time.Duration(g.target) * time.Second
		g.shelf.keep = target * time.Duration(g.window.size+1+keepLonger)
	}
	var wrong error
	for _, e := range g.window.due(g.entries) {
		wrong = errors.Join(wrong, g.take(f, e.segment.Map.URI)) // the init section before its media
		if !e.segment.Gap {
			wrong = errors.Join(wrong, g.take(f, e.segment.URI))
		}
	}
	if !g.begun {
		g.begun = true
		g.loadOlder(f)
	}
	return wrong
}

// loadOlder takes what no playlist lists any more but is on disk still: a packager
// that has been here for longer serves it, and so must we.
func (g *signal) loadOlder(f *folder) {
	names, err := f.names()
	if err != nil {
		return // they are a courtesy
	}
	for _, name := range names {
		if n, err := numberOf(name); err != nil || len(g.entries) > 0 && n < g.entries[0].msn {
			_ = g.take(f, name) // what is not whole is not served
		}
	}
}

func (g *signal) take(f *folder, name string) error {
	if g.shelf.has(name) {
		return nil
	}
	m, file, err := f.media(name)
	if err != nil {
		return err
	}
	g.shelf.put(m, file.ModTime(), file)
	return nil
}

// whole reports whether everything that an entry needs is in memory.
func (g *signal) whole(e entry) bool {
	return g.shelf.has(e.segment.Map.URI) && (e.segment.Gap || g.shelf.has(e.segment.URI))
}

// publish lists what has been loaded and replaces the snapshot. It returns the MSNs
// that are listed now and were not before.
func (g *signal) publish() ([]int64, error) {
	if g.isLeftover() {
		return nil, errLeftover
	}
	before := g.window.newest()
	listed, err := g.window.advance(g.entries, g.target, g.whole)
	if err != nil || !listed {
		if err == nil && before < 0 {
			err = errNothing
		}
		return nil, err
	}
	return g.show(before), nil
}

// show replaces the snapshot by what is listed now and returns the MSNs that are
// listed and were not when before was the newest.
func (g *signal) show(before int64) []int64 {
	next := newSnapshot(g.window.playlist(), g.shelf.upTo(g.window.newest()))
	if old := g.current.Swap(next); old != nil {
		close(old.replaced)
	}
	var msns []int64
	for _, e := range g.window.listed {
		if e.msn > before {
			msns = append(msns, e.msn)
		}
	}
	return msns
}

// conflicts counts what came under a name that is served already and is not the
// same, and returns the names for which that is new.
func (g *signal) conflicts(f *folder) (found int, names []string) {
	for _, i := range g.shelf.replaced(f.stat) {
		m, _, err := f.media(i.media.name)
		if err == nil && m.etag == i.media.etag {
			continue
		}
		found++
		if !i.known {
			i.known = true
			names = append(names, i.media.name)
		}
	}
	for _, e := range g.window.contradicts(g.entries) {
		if i := g.shelf.items[e.segment.URI]; i != nil && !i.known {
			i.known = true
			found++
			names = append(names, i.media.name)
		}
	}
	slices.Sort(names)
	return found, names
}

// sweep drops the media that has had its time.
func (g *signal) sweep(now time.Time) {
	due := map[string]bool{}
	for _, e := range g.window.due(g.entries) {
		due[e.segment.URI], due[e.segment.Map.URI] = true, true
	}
	if !g.shelf.sweep(func(name string) bool { return due[name] || g.window.uses(name) }, now) {
		return
	}
	if old := g.current.Load(); old != nil {
		g.current.Store(old.with(g.shelf.upTo(g.window.newest())))
	}
}

// vanished notes that the signal is on disk no more, and reports whether all it
// ever listed has had its time.
func (g *signal) vanished(now time.Time) (expired bool) {
	if g.gone.IsZero() {
		g.gone = now
	}
	return g.current.Load() == nil || now.Sub(g.gone) > g.shelf.keep
}

// end wakes whoever waits for a playlist that will not come.
func (g *signal) end() {
	if old := g.current.Swap(nil); old != nil {
		close(old.replaced)
	}
}
