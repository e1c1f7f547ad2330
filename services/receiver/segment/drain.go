package segment

import (
	"slices"
	"time"

	"livestream-tui/services/receiver/sample"
)

// closeFragment ends the open fragment before the picture with that DTS. A fragment without
// pictures only ends its segment.
func (s *Segmenter) closeFragment(until, now time.Duration, last bool) {
	r := s.run
	if len(r.fragment) > 0 || last {
		r.pending = append(r.pending, part{pictures: r.fragment, until: until, deadline: now + lateness, segment: s.open, last: last})
	}
	r.fragment = nil
}

// drain releases the fragments whose sound has come, or has not come in time.
func (s *Segmenter) drain(now time.Duration, out *Output) {
	r := s.run
	if r == nil {
		return
	}
	for len(r.pending) > 0 {
		p := &r.pending[0]
		sound := 0
		if r.format.Audio != nil {
			until := sample.Count(p.until, r.format.Audio.Rate)
			sound = slices.IndexFunc(r.sound, func(u unit) bool { return u.dts >= until })
			if sound < 0 {
				if now < p.deadline {
					return
				}
				sound = max(len(r.sound)-1, 0) // the duration of the last one is not known
			}
		}
		s.release(sound, out)
	}
}

// release writes the first pending fragment with so many frames of sound, and its segment
// when it is the last one of that.
func (s *Segmenter) release(sound int, out *Output) {
	r := s.run
	p := r.pending[0]
	r.pending = r.pending[1:]
	b := p.segment
	if len(p.pictures) > 0 {
		if len(r.pending) > 0 && sound == len(r.sound) {
			sound = r.soundBefore(p.until)
		}
		video := make([]unit, len(p.pictures))
		for i, one := range p.pictures {
			video[i] = one.unit
		}
		f := Fragment{
			MSN: b.MSN, Init: b.Init, Start: p.pictures[0].start, Key: video[0].sync,
			Data: fragmentOf(uint32(b.MSN<<8)+uint32(b.fragments), video, r.sound[:sound]),
		}
		r.sound = slices.Delete(r.sound, 0, sound)
		b.fragments++
		b.Pieces = append(b.Pieces, f.Data)
		out.Fragments = append(out.Fragments, f)
	}
	if !p.last {
		return
	}
	if b.Filler {
		b.Pieces = append([][]byte{filler()}, b.Pieces...)
	}
	out.Segments = append(out.Segments, b.Segment)
	s.state.Next, s.state.End, s.state.Init, s.state.Discontinuities = b.MSN+1, b.End(), b.Init.Name, b.Discontinuities
}

// soundBefore is how many frames of sound are before that DTS.
func (r *run) soundBefore(until time.Duration) int {
	if r.format.Audio == nil {
		return 0
	}
	end := sample.Count(until, r.format.Audio.Rate)
	for i, u := range r.sound {
		if u.dts >= end {
			return i
		}
	}
	return len(r.sound)
}
