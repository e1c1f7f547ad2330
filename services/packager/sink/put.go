package sink

import (
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/window"
)

// Media returns the media of that name; nil when there is none.
func (k *Sink) Media(signal, name string) *window.Media {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g == nil {
		return nil
	}
	i := g.cache.Item(name)
	if i == nil {
		return nil
	}
	return i.Media
}

// Newest returns the number of the newest listed segment of a signal; -1 when there is
// none.
func (k *Sink) Newest(signal string) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g := k.signals[signal]; g != nil {
		return g.window.Newest()
	}
	return -1
}

// Put takes an initialization section or a segment. An initialization section makes its
// signal known. written is when its last byte was written; zero means now. The error is
// ErrSame, a *Refusal, or nil.
func (k *Sink) Put(signal string, m *window.Media, written time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if m.MSN < 0 {
		g, err := k.open(signal)
		if err != nil {
			return err
		}
		return k.put(g, m, written)
	}
	g := k.signals[signal]
	if g == nil {
		return errNoInit
	}
	if err := k.fits(g, m); err != nil {
		return err
	}
	return k.put(g, m, written)
}

// fits refuses a segment that cannot be listed beside the others. A sole source is
// trusted. Needs mu.
func (k *Sink) fits(g *signal, m *window.Media) error {
	if k.options.Sole || g.cache.Has(m.Name) {
		return nil
	}
	s, err := g.place(m)
	switch {
	case err != nil:
		return err
	case m.MSN <= g.window.Newest():
		return errLate
	}
	return k.timely(g, m.MSN, s.At(), s.Lasts())
}

// timely refuses what lies too far ahead of now. A worker whose clock is ahead must not make
// all others late: on a cluster a segment is taken once it has ended. at is the time since the
// Unix epoch, which an encoder that begins at zero never exceeds. Needs mu.
func (k *Sink) timely(g *signal, msn int64, at, lasts time.Duration) error {
	switch wait := at + lasts - health.ClockMost(lasts) - time.Duration(k.options.Now().UnixNano()); {
	case k.options.Cluster && wait > 0:
		k.metrics.early.WithLabelValues(g.name).Inc()
		g.trouble.seen("a segment comes before its time, it is taken later: a clock is wrong, a worker's or this packager's", k.options.Now(), "msn", msn, "early_ms", wait.Milliseconds())
		return tooEarly(wait)
	case k.ahead(g, msn, at, lasts):
		return errAhead
	}
	return nil
}

// ahead reports whether a segment is near neither to the listed ones nor to the present.
// Needs mu.
func (k *Sink) ahead(g *signal, msn int64, at, lasts time.Duration) bool {
	if newest := g.window.Newest(); newest >= 0 && msn-newest <= int64(g.window.Size) {
		return false
	}
	now := time.Duration(k.options.Now().UnixNano())
	return at-now > time.Duration(g.window.Size)*lasts
}

// put adds media; the first copy stays. Needs mu.
func (k *Sink) put(g *signal, m *window.Media, written time.Time) error {
	now := k.options.Now()
	k.came(g, now)
	if i := g.cache.Item(m.Name); i != nil {
		if i.Media.ETag == m.ETag {
			return ErrSame
		}
		if m.Encoded && g.equalInTime(m, i.Media) {
			k.metrics.equal.WithLabelValues(g.name).Inc()
			return ErrSame
		}
		k.conflict(g, i)
		return refuse(Conflict, "%s: other bytes came before and stay", m.Name)
	}
	if written.IsZero() {
		written = now
	}
	g.cache.Put(m, now, written)
	k.publish(g)
	return nil
}

// PutPlaylist takes the playlist of a signal. The first entry under a number stays; the
// error names the entries that contradict it, the others are taken.
func (k *Sink) PutPlaylist(signal string, list *m3u8.MediaPlaylist) error {
	entries, err := window.EntriesOf(list)
	if err != nil {
		return refuse(Malformed, "playlist: %w", err)
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
		g.cache.Keep = window.KeepFor(g.target, g.window.Size)
	}
	wrong := g.merge(entries)
	k.finality(g, list.EndList)
	k.publish(g)
	return k.contradictions(g, wrong)
}

// acceptable refuses a playlist that can never be listed. A sole source is trusted. Needs
// mu.
func (k *Sink) acceptable(g *signal, list *m3u8.MediaPlaylist, entries []window.Entry) error {
	if k.options.Sole {
		return nil
	}
	if g.target != 0 && list.TargetDuration > g.target {
		k.metrics.conflicts.WithLabelValues(g.name).Inc()
		return refuse(Conflict, "target duration %d s: it is %d s and must not change", list.TargetDuration, g.target)
	}
	for _, e := range entries {
		date := e.Segment.ProgramDateTime
		if date.IsZero() {
			continue
		}
		if err := k.timely(g, e.MSN, time.Duration(date.UnixNano()), e.Segment.Duration); err != nil {
			return err
		}
	}
	return nil
}

// Again notes that a source has media that the Sink has already, and returns ErrSame.
func (k *Sink) Again(signal string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if g := k.signals[signal]; g != nil {
		k.came(g, k.options.Now())
	}
	return ErrSame
}

// contradictions logs each of the entries that contradict earlier ones, once, and returns
// them as an error. Needs mu.
func (k *Sink) contradictions(g *signal, wrong []window.Entry) error {
	var msns []int64
	for _, e := range wrong {
		msns = append(msns, e.MSN)
		name := media.SegmentName(e.MSN)
		if g.logged[e.MSN] && k.options.Sole {
			continue // it is read again and again, and counted once
		}
		k.metrics.conflicts.WithLabelValues(g.name).Inc()
		if !g.logged[e.MSN] {
			g.logged[e.MSN] = true
			k.contradicted(g, media.PlaylistName+", segment "+name)
		}
	}
	if len(msns) == 0 {
		return nil
	}
	return refuse(Conflict, "for segments %d something else was listed before and stays", msns)
}

// Replaced notes that a source has other bytes under a name that is taken.
func (k *Sink) Replaced(signal string, m *window.Media) {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g == nil {
		return
	}
	i := g.cache.Item(m.Name)
	if i == nil || i.Media.ETag == m.ETag {
		return
	}
	k.conflict(g, i)
}

// conflict notes that something else came under the name of an item. Needs mu.
func (k *Sink) conflict(g *signal, i *window.Item) {
	k.metrics.conflicts.WithLabelValues(g.name).Inc()
	if !i.Logged {
		i.Logged = true
		k.contradicted(g, i.Media.Name)
	}
}

// Trouble logs what is wrong with a signal at its source.
func (k *Sink) Trouble(signal string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	g := k.signals[signal]
	if g != nil {
		g.trouble.seen(err.Error(), k.options.Now())
	}
}
