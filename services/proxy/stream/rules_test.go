package stream

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/playlisttest"
	"livestream-tui/services/proxy/sources"
)

// isMeant holds what is given for an entry to what its packager meant by it.
func (w *world) isMeant(f Fetch, from sources.From, c content) {
	w.t.Helper()
	e, ok := w.lists[f.Playlist].entries[f.Entry.MSN]
	if !ok || !e.known || w.loose || e.Packager == from.Packager || e.Media.Packager == from.Packager || e.is == c || e.Media != f.Resource {
		return
	}
	if o := w.lists[f.Playlist].offered; o.Packagers[from.Packager].Untried {
		w.loose = true // nobody can know, and from now on it is held to be the same
		return
	}
	w.t.Fatalf("%s: msn %d of packager %d: got %+v from packager %d, want %+v", w.now, f.Entry.MSN, e.Packager, c, from.Packager, e.is)
}

// publish holds what players are given to the rules of its mode.
func (w *world) publish(e Publish) {
	w.t.Helper()
	l, s := w.lists[e.Playlist], e.Snapshot
	var err error
	switch {
	case s.Mode == Merged && s.Body != nil:
		if l.checker == nil {
			l.checker = &playlisttest.Checker{Loops: w.cyclic()}
		}
		ended := l.over
		if err = l.checker.Check(s.Body); err != nil && ended { // another event under its name
			l.checker = &playlisttest.Checker{Loops: w.cyclic()}
			err = l.checker.Check(s.Body)
		}
		if err == nil {
			err = w.isTrue(e.Playlist, s, ended)
		}
	case s.Mode == PassedThrough:
		i := slices.Index(w.state.Packagers, s.Packager)
		if i < 0 || !w.delivered[place{e.Playlist, i}].bodies[string(s.Body)] {
			err = errNotPassed
		}
	}
	if err != nil {
		w.t.Fatalf("%s: %s: %v\nbefore:\n%s\nthen, %s (%s) from %s:\n%s\nsaid:\n%s", w.now, e.Playlist, err, l.shown.Body, s.Mode, s.Why, s.Packager, s.Body,
			strings.Join(w.said[max(0, len(w.said)-12):], "\n"))
	}
	if s.Mode != Merged {
		l.checker = nil
	}
	if s.Last > l.shown.Last || l.shown.Body == nil || s.Mode != l.shown.Mode {
		l.grew = w.now
	}
	switch ends := bytes.Contains(s.Body, []byte("#EXT-X-ENDLIST")); {
	case ends:
		l.over, l.end = true, s.Last
	case s.Last > l.end || s.Mode == Merged && !l.over:
		l.over = false
	}
	l.shown = s
}

func (w *world) cyclic() bool {
	return slices.ContainsFunc(w.packagers, func(p *simulated) bool { return p.cycle > 0 })
}

// isTrue holds a merged playlist to what packagers have: it ends only where all that live
// say so, and between two discontinuities it has the segments of one encoder, one after
// the other.
func (w *world) isTrue(key string, s Snapshot, ended bool) error {
	p, err := m3u8.ParseMedia(s.Body)
	if err != nil {
		return err
	}
	if p.EndList && !ended { // once it was told players have gone
		for i := range w.packagers {
			if d := w.delivered[place{key, i}]; d.good && !d.ended {
				return fmt.Errorf("ENDLIST, and packager %d goes on", i)
			}
		}
	}
	l := w.lists[key]
	var run indexed
	for i := range p.Segments {
		seg := &p.Segments[i]
		e := l.entries[p.MediaSequence+int64(i)]
		if seg.Discontinuity || seg.Gap || !e.known {
			run = indexed{}
		}
		if seg.Gap || !e.known {
			continue
		}
		if e.Segment.URI != seg.URI {
			return fmt.Errorf("msn %d is %s, indexed as %s", e.MSN, seg.URI, e.Segment.URI)
		}
		if run.known && (run.is.encoder != e.is.encoder || e.is.n-run.is.n != e.MSN-run.MSN) && w.played && !w.loose {
			return fmt.Errorf("msn %d is %+v after msn %d, which is %+v, without a discontinuity", e.MSN, e.is, run.MSN, run.is)
		}
		run = e
	}
	return nil
}

// merged is what is listed in words, with the encoder's numbers: "1000 1001 D1002 G".
func (w *world) merged(key string) string {
	w.t.Helper()
	l := w.lists[key]
	p, err := m3u8.ParseMedia(l.shown.Body)
	if err != nil {
		return err.Error()
	}
	var words []string
	for i, s := range p.Segments {
		e := l.entries[p.MediaSequence+int64(i)]
		word := fmt.Sprint(e.is.n)
		if s.Gap {
			word = "G"
		}
		if s.Discontinuity {
			word = "D" + word
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
