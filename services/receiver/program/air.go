package program

import (
	"time"

	"livestream-tui/services/receiver/sample"
)

const (
	// least is how much later a picture is than the one before, where their times do not say.
	least = 100 * time.Microsecond
	// melting is how fast a shift goes away: by one part of so many.
	melting = 1000
	// soundLate is by how much sound may be behind the pictures. It is then filled up to
	// soundKept behind them.
	soundLate = 700 * time.Millisecond
	soundKept = 500 * time.Millisecond
	// slack is by how many samples a frame of sound may overlap the one before: clocks are
	// followed by single samples.
	slack = 4
)

// air is what is on air, and how far the timeline has got.
type air struct {
	source Source // what is on air, or what is waited for
	begins Source // that of the generation
	input  Source // the last input, also while the slate is on air
	format sample.Format
	of     sample.Format // that of the last input
	began  bool          // the timeline has, perhaps before a restart
	open   bool          // a generation has begun
	last   sample.Sample // the last key frame of an input

	dts, pts time.Duration // of pictures: the last, and the greatest
	recent   [128]time.Duration
	index    int
	frame    time.Duration // how long a picture lasts
	sound    int64         // where the sound ends, in samples

	shift, melted time.Duration // melted is when the shift was last made less
	leading       bool          // pictures before the first key frame may still come
	floor         time.Duration // its PTS
}

// end is where the last picture ends.
func (a *air) end() time.Duration {
	if a.frame > 0 {
		return a.pts + a.frame
	}
	return a.pts + 40*time.Millisecond
}

// begin begins a generation, whose first key frame is decoded at the given time.
func (s *State) begin(src Source, format sample.Format, at time.Duration, continues bool) {
	interval := time.Duration(0)
	if src >= 0 {
		interval = s.inputs[src].gop
	}
	s.generation(Begin{Source: src, Format: format, Continues: continues, Interval: interval}, at)
}

// generation begins a generation whose first key frame is decoded at the given time.
func (s *State) generation(b Begin, at time.Duration) {
	a := &s.air
	s.do(b)
	if f := b.Format.Audio; f != nil && !b.Continues {
		first := sample.Count(at, f.Rate)
		if old := a.format.Audio; old != nil && a.began {
			if end := sample.At(a.sound, old.Rate); end > at {
				first = sample.Count(end, f.Rate) + 1
			}
		}
		a.sound = first
	}
	a.begins, a.format, a.began, a.open = b.Source, b.Format, true, true
}

// emit airs a sample whose times are those of its input's clock.
func (s *State) emit(m sample.Sample, format sample.Format) {
	a := &s.air
	s.melt()
	m = m.Shifted(a.shift)
	if m.Track == sample.Audio {
		if a.format.Audio != nil && format.Audio.Equal(a.format.Audio) {
			s.hear(m)
		}
		return
	}
	if format.Video.Equal(a.format.Video) {
		s.show(m)
	}
}

// melt makes the shift less by the time that has passed.
func (s *State) melt() {
	a := &s.air
	a.shift = max(0, a.shift-(s.now-a.melted)/melting)
	a.melted = s.now
}

// show airs a picture.
func (s *State) show(m sample.Sample) {
	a := &s.air
	if a.leading && m.PTS < a.floor {
		return // it depends on pictures that were not aired
	}
	a.leading = a.leading && m.PTS <= a.floor
	if m.DTS <= a.dts {
		m.DTS = a.dts + least
	}
	for m.PTS = max(m.PTS, m.DTS); a.shown(m.PTS); {
		m.PTS += least
	}
	if f := a.format.Audio; f != nil && m.DTS-sample.At(a.sound, f.Rate) > soundLate {
		s.quiet(m.DTS - soundKept)
	}
	a.dts, a.pts = m.DTS, max(a.pts, m.PTS)
	a.recent[a.index] = m.PTS
	a.index = (a.index + 1) % len(a.recent)
	if m.Sync && a.begins != Slate {
		a.last = m
	}
	s.do(Emit{a.begins, m})
}

// shown reports whether a picture is shown at a time already, to the tick of 90 kHz.
func (a *air) shown(pts time.Duration) bool {
	const tick = time.Second/90000 + 1
	if pts >= a.pts+tick {
		return false
	}
	for _, p := range a.recent {
		if d := pts - p; d < tick && d > -tick {
			return true
		}
	}
	return false
}

// hear airs sound. What would overlap is dropped, and a hole is filled.
func (s *State) hear(m sample.Sample) {
	a := &s.air
	f := a.format.Audio
	n, long := sample.Count(m.DTS, f.Rate), int64(f.Samples(m.Data))
	if n < a.sound-slack {
		return
	}
	if n > a.sound+long {
		s.quiet(m.DTS)
	}
	m.DTS = sample.At(n, f.Rate)
	m.PTS = m.DTS
	a.sound = n + long
	s.do(Emit{a.begins, m})
}

// quiet fills the sound up to a time with silence, as far as whole frames of it fit.
func (s *State) quiet(until time.Duration) {
	a := &s.air
	f := a.format.Audio
	if f == nil || !a.open {
		return
	}
	silence := s.silence(f)
	if silence == nil {
		return
	}
	to, long := sample.Count(until, f.Rate), int64(f.Samples(silence))
	a.sound = max(a.sound, to-sample.Count(longest, f.Rate))
	for ; a.sound+long <= to; a.sound += long {
		at := sample.At(a.sound, f.Rate)
		s.do(Emit{a.begins, sample.Sample{Track: sample.Audio, DTS: at, PTS: at, Sync: true, Data: silence}})
	}
}
