package ingest

import (
	"errors"
	"net/http"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/window"
)

// errLate says that a segment has been listed as a gap, or that its time is over.
var errLate = errors.New("it comes too late: newer segments are listed")

// errAhead says that a segment lies in the future.
var errAhead = errors.New("it lies more than a window ahead of now: a clock is wrong, the worker's or this packager's")

// Holds returns what is held under a name, nil for nothing.
func (k *Sink) Holds(signal, name string) *window.Media {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g == nil {
		return nil
	}
	i := g.shelf.Item(name)
	if i == nil {
		return nil
	}
	return i.Media
}

// Newest is the newest segment listed of a signal, -1 for none.
func (k *Sink) Newest(signal string) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g := k.signals[signal]; g != nil {
		return g.window.Newest()
	}
	return -1
}

// Section takes an initialization section, which makes a signal known.
func (k *Sink) Section(signal string, m *window.Media, written time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	g, err := k.open(signal)
	if err != nil {
		return err
	}
	return k.put(g, m, written)
}

// Segment takes a segment.
func (k *Sink) Segment(signal string, m *window.Media, written time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g == nil {
		return errNoInit
	}
	if !k.options.Sole && !g.shelf.Has(m.Name) {
		s, err := g.place(m)
		switch {
		case err != nil:
			return err
		case m.MSN <= g.window.Newest():
			return &refusal{http.StatusGone, errLate}
		case k.ahead(g, m.MSN, s.At(), s.Lasts()):
			return &refusal{http.StatusBadRequest, errAhead}
		}
	}
	return k.put(g, m, written)
}

// ahead reports whether a segment is neither near to what is listed nor near to the
// present: one worker whose clock is ahead must not make all others late. at is
// since the Unix epoch, which an encoder that begins at zero is never beyond. Needs
// mu.
func (k *Sink) ahead(g *signal, msn int64, at, lasts time.Duration) bool {
	if newest := g.window.Newest(); newest >= 0 && msn-newest <= int64(g.window.Size) {
		return false
	}
	now := time.Duration(k.options.Now().UnixNano())
	return at-now > time.Duration(g.window.Size)*lasts
}

// put adds media. The first copy stays. Needs mu.
func (k *Sink) put(g *signal, m *window.Media, written time.Time) error {
	now := k.options.Now()
	k.came(g, now)
	if i := g.shelf.Item(m.Name); i != nil {
		if i.Media.ETag == m.ETag {
			return errSame
		}
		k.metrics.conflicts.WithLabelValues(g.name).Inc()
		if !i.Told {
			i.Told = true
			k.contradicted(g, m.Name)
		}
		return refuse(http.StatusConflict, "%s: other bytes came before and stay", m.Name)
	}
	if written.IsZero() {
		written = now
	}
	g.shelf.Put(m, now, written)
	k.publish(g)
	return nil
}

// Say takes what a playlist says of its segments. What is said of a number first
// stays; the error names what contradicts it, the rest is taken.
func (k *Sink) Say(signal string, list *m3u8.MediaPlaylist) error {
	entries, err := window.EntriesOf(list)
	if err != nil {
		return refuse(http.StatusBadRequest, "playlist: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g == nil {
		return errNoInit
	}
	if err := k.acceptable(g, list, entries); err != nil {
		return err
	}
	now := k.options.Now()
	k.came(g, now)
	if g.begun.IsZero() && len(entries) > 0 {
		g.begun, g.target = now, list.TargetDuration
		g.shelf.Keep = window.KeepFor(g.target, g.window.Size)
	}
	wrong := g.say(entries)
	k.finality(g, list.EndList)
	k.publish(g)
	return k.contradictions(g, wrong)
}

// acceptable refuses a playlist that can never be listed. Needs mu.
func (k *Sink) acceptable(g *signal, list *m3u8.MediaPlaylist, entries []window.Entry) error {
	if k.options.Sole {
		return nil
	}
	if g.target != 0 && list.TargetDuration > g.target {
		k.metrics.conflicts.WithLabelValues(g.name).Inc()
		return refuse(http.StatusConflict, "target duration %d s: it is %d s and must not change", list.TargetDuration, g.target)
	}
	for _, e := range entries {
		date := e.Segment.ProgramDateTime
		if !date.IsZero() && k.ahead(g, e.MSN, time.Duration(date.UnixNano()), e.Segment.Duration) {
			return &refusal{http.StatusBadRequest, errAhead}
		}
	}
	return nil
}

// again notes that a signal was brought that is there already.
func (k *Sink) again(signal string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g := k.signals[signal]; g != nil {
		k.came(g, k.options.Now())
	}
	return errSame
}

// contradictions tells of entries that are not what was said before, once of each,
// and returns them as an error. Needs mu.
func (k *Sink) contradictions(g *signal, wrong []window.Entry) error {
	var msns []int64
	for _, e := range wrong {
		msns = append(msns, e.MSN)
		name := media.SegmentName(e.MSN)
		if g.told[e.MSN] && k.options.Sole {
			continue // it is looked at again and again, and counted once
		}
		k.metrics.conflicts.WithLabelValues(g.name).Inc()
		if !g.told[e.MSN] {
			g.told[e.MSN] = true
			k.contradicted(g, media.PlaylistName+", segment "+name)
		}
	}
	if len(msns) == 0 {
		return nil
	}
	return refuse(http.StatusConflict, "of segments %d something else was said before and stays", msns)
}

// Replaced notes that other bytes came under a name that is served already.
func (k *Sink) Replaced(signal string, m *window.Media) {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g == nil {
		return
	}
	i := g.shelf.Item(m.Name)
	if i == nil || i.Media.ETag == m.ETag {
		return
	}
	k.metrics.conflicts.WithLabelValues(g.name).Inc()
	if !i.Told {
		i.Told = true
		k.contradicted(g, m.Name)
	}
}

// Trouble notes what is wrong with what a source brings of a signal.
func (k *Sink) Trouble(signal string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g != nil {
		g.trouble.seen(err.Error(), k.options.Now())
	}
}
