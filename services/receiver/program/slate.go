package program

import (
	"time"

	"livestream-tui/services/receiver/sample"
)

const (
	// again is how long after a slate was asked for in vain it is asked for again.
	again = time.Minute
	// repeated is how often a key frame is aired where there is no slate.
	repeated = 500 * time.Millisecond
	// slatesKept is the number of formats whose slates are kept.
	slatesKept = 8
)

// made is a slate of a format.
type made struct {
	format sample.Format
	slate  *sample.Slate // nil until it is there
	stale  bool          // another one is on its way, with the last picture
	asked  time.Duration
}

// loop is the slate that is on air.
type loop struct {
	began time.Duration
	from  Source
	shown bool // something of it was aired
	slate *sample.Slate
	base  time.Duration // where it began the last time
	video int           // the next picture
	audio int           // and the next sound
}

// resumed carries out a Resume, once.
func (s *State) resumed() {
	r := s.config.Resume
	if s.config.StandBy {
		return
	}
	if s.begun || r == nil || r.Format.Video == nil {
		s.begun = true
		return
	}
	s.begun = true
	a, f := &s.air, r.Format
	a.began, a.format, a.of = true, f, f
	if a.frame = 40 * time.Millisecond; f.Video.FPS > 1 {
		a.frame = time.Duration(float64(time.Second) / f.Video.FPS)
	}
	a.pts = r.End - a.frame
	a.dts = a.pts
	if f.Audio != nil {
		a.sound = sample.Count(r.End, f.Audio.Rate)
	}
	s.left = departure{from: Nothing, cause: Cause{Reason: Restarted}, end: r.End, at: s.now}
	if r.TakenOver {
		s.left.cause.Reason = TakenOver
	}
	s.wantSlate(f, sample.Sample{}, false)
	s.beginSlate()
}

// wantSlate asks for a slate of a format, unless one is there or on its way. Anew asks for it
// in any case.
func (s *State) wantSlate(f sample.Format, key sample.Sample, anew bool) {
	m := s.madeFor(f)
	switch {
	case m == nil:
		if len(s.slates) >= slatesKept {
			s.slates = s.slates[1:]
		}
		m = &made{format: f}
		s.slates = append(s.slates, m)
	case anew:
		m.stale = true
	case m.slate != nil && !m.stale || s.now-m.asked < again:
		return
	}
	m.asked = s.now
	s.do(MakeSlate{Format: f, Key: key})
}

func (s *State) madeFor(f sample.Format) *made {
	for _, m := range s.slates {
		if m.format.Equal(f) {
			return m
		}
	}
	return nil
}

// made takes a slate that was asked for.
func (s *State) made(e Made) {
	m := s.madeFor(e.For)
	if m == nil {
		return
	}
	if m.stale = false; e.Slate != nil && len(e.Slate.Video) > 0 && e.Slate.Length > 0 {
		m.slate = e.Slate
	}
}

// silence is a silent frame of a format, nil for none.
func (s *State) silence(f *sample.AudioFormat) []byte {
	for _, m := range s.slates {
		if m.slate != nil && m.slate.Silence != nil && m.slate.Format.Audio.Equal(f) {
			return m.slate.Silence
		}
	}
	return nil
}

// beginSlate puts the slate on air, at the end of the timeline. What it has missed is aired at
// once.
func (s *State) beginSlate() {
	a := &s.air
	from := a.source
	s.quiet(a.end())
	a.source, a.shift, a.leading = Slate, 0, false
	s.waiting, s.cut = nil, nil
	s.loop = loop{began: s.now, from: from}
	if s.config.Last && a.last.Data != nil {
		s.wantSlate(a.of, a.last, true)
	}
}

// play airs the slate up to now.
func (s *State) play() {
	l := &s.loop
	m := s.madeFor(s.air.of)
	still := s.config.Still && s.air.last.Data != nil && s.air.of.Equal(s.air.format)
	if still || m == nil || m.slate == nil || m.stale {
		if l.slate == nil {
			s.repeat()
			return
		}
	} else if l.slate != m.slate {
		base := s.catchUp()
		if base > s.now {
			return
		}
		l.slate, l.base, l.video, l.audio = m.slate, base, 0, 0
		s.report()
		s.quiet(l.base)
		s.begin(Slate, m.slate.Format, l.base, s.air.open && m.slate.Format.Equal(s.air.format))
		s.air.frame = max(least, l.slate.Length/time.Duration(len(l.slate.Video)))
	}
	for l.base+l.slate.Video[l.video].DTS <= s.now {
		s.playPicture()
	}
}

// report reports the slate when something of it is aired.
func (s *State) report() {
	if !s.loop.shown {
		s.loop.shown = true
		s.do(SlateOn{From: s.loop.from, Cause: s.left.cause})
	}
}

// catchUp is where the slate begins: at the end of the timeline, or now if that is long ago.
func (s *State) catchUp() time.Duration {
	if end := s.air.end(); s.now-end <= longest {
		return end
	}
	return s.now
}

// playPicture airs the slate's next picture, and the sound that belongs to it.
func (s *State) playPicture() {
	l := &s.loop
	v := l.slate.Video[l.video]
	s.show(v.Shifted(l.base))
	until := l.base + v.DTS + s.air.frame
	if len(l.slate.Audio) == 0 {
		s.quiet(until)
	}
	for l.audio < len(l.slate.Audio) && l.base+l.slate.Audio[l.audio].DTS < until && s.air.format.Audio != nil {
		s.hear(l.slate.Audio[l.audio].Shifted(l.base))
		l.audio++
	}
	if l.video++; l.video == len(l.slate.Video) {
		l.video, l.audio = 0, 0
		if l.base += l.slate.Length; s.now-l.base > longest {
			l.base = s.now
		}
	}
}

// repeat airs the last key frame again and again, until there is a slate.
func (s *State) repeat() {
	a, l := &s.air, &s.loop
	if a.last.Data == nil || !a.of.Equal(a.format) {
		return
	}
	for {
		at := s.catchUp()
		if l.shown {
			at = max(at, a.pts+repeated)
		}
		if at > s.now {
			return
		}
		if !l.shown {
			s.report()
			s.begin(Slate, a.format, at, a.open)
		}
		m := a.last
		m.DTS, m.PTS = at, at
		s.show(m)
		s.quiet(at + a.frame)
	}
}
