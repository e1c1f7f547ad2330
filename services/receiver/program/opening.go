package program

import "time"

const (
	// A signal that was never on air begins once the interval of key frames is known, which
	// is when its first segment is whole, at most after openingMost. It waits openingSlate in
	// all for the slate.
	openingMost  = 6500 * time.Millisecond
	openingSlate = 3 * time.Second
	// leadSegments is how many segments of slate come before the first picture, as a live
	// playlist is at least three target durations long (RFC 8216, 6.2.2), and leadStep what
	// the length of segments is a multiple of.
	leadSegments = 3
	leadStep     = 2 * time.Second
)

// opened reports whether a signal that was never on air can begin with an input that is ready.
func (s *State) opened(i int) bool {
	if s.opening == 0 {
		s.opening = s.now
	}
	in, waited := &s.inputs[i], s.now-s.opening
	if in.gop == 0 {
		return waited >= openingMost
	}
	m := s.madeFor(in.format)
	return s.config.Still || m != nil && m.slate != nil || waited >= openingSlate
}

// lead begins the timeline with a slate that ends at the first key frame of an input. So the
// first playlist is long enough, and players that join at once have something in hand. The
// timeline begins with the key frame itself where there is no slate, where its format must not
// differ, and where key frames are too rare to cut at.
func (s *State) lead(i int) {
	in, a := &s.inputs[i], &s.air
	m := s.madeFor(in.format)
	if in.gop == 0 || s.config.Still || m == nil || m.slate == nil {
		return
	}
	step := (max(in.gop, leadStep) + leadStep/2) / leadStep * leadStep
	loops := max(1, (leadSegments*step+m.slate.Length-1)/m.slate.Length)
	key := in.kept[0]
	base := key.PTS - loops*m.slate.Length
	s.generation(Begin{Source: Slate, Format: m.slate.Format, Interval: in.gop}, base)
	a.frame = max(least, m.slate.Length/time.Duration(len(m.slate.Video)))
	for ; base < key.PTS; base += m.slate.Length {
		for _, v := range m.slate.Video {
			if at := base + v.DTS; at < key.DTS {
				s.show(v.Shifted(base))
				s.quiet(at + a.frame)
			}
		}
	}
}
