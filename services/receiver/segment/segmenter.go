package segment

import (
	"slices"
	"time"

	"livestream-tui/services/receiver/sample"
)

const (
	// MaxFragment is how long a fragment is at most, but for its last picture.
	MaxFragment = 400 * time.Millisecond
	// lateness is how long a fragment waits for its sound.
	lateness = 300 * time.Millisecond
	// seam is how far the timeline may be off its kept end without a discontinuity.
	seam = 50 * time.Millisecond
)

// Segmenter cuts the samples of one signal. One goroutine uses it.
type Segmenter struct {
	state State
	// known is true once the interval of key frames is.
	known bool
	// run is what is cut, next a stretch of another format whose first picture has not come.
	run, next *run
	inits     int
	// open is the segment that the newest picture belongs to, nil before the first one.
	open    *building
	msn     int64 // of the next segment to be opened
	lastKey time.Duration
	// intervals are the last ones between key frames; keys counts all.
	intervals [8]time.Duration
	keys      int
	// slate says that the samples to come are a slate's. slates are those of the open segment
	// and later.
	slate  bool
	slates []Slate
}

// run is a stretch of one format.
type run struct {
	format sample.Format
	init   *Init
	// fragment holds the pictures of the open fragment. The duration of the last one is not
	// known until the next one comes.
	fragment []picture
	offset   time.Duration // PTS - DTS of the last key frame
	// sound waits for its fragments. The duration of its last frame is not known.
	sound   []unit
	pending []part
}

// picture is a video sample of the open fragment.
type picture struct {
	unit
	// decoded is its DTS. start is when the first of the pictures from it on is shown.
	decoded, start time.Duration
	slate          bool
}

// part is a fragment whose pictures are complete, while its sound may not be.
type part struct {
	pictures []picture
	// until is the DTS of the picture after it: sound before that belongs to it.
	until time.Duration
	// deadline is how long it waits for the sound.
	deadline time.Duration
	segment  *building
	last     bool // of its segment
}

// building is a segment that is not finished.
type building struct {
	Segment
	pictures, fragments int
	filler              bool
}

// New returns the segmenter of a signal. length is how long segments should be; zero leaves
// that to the kept state, or else to the key frames.
func New(length time.Duration, kept State) *Segmenter {
	s := &Segmenter{state: kept, msn: kept.Next, known: kept.Next > 0}
	if length > 0 {
		s.state.Length = length
	}
	return s
}

// State is what is to be kept with the segments that were returned.
func (s *Segmenter) State() State { return s.state }

// Known reports whether the interval of key frames has been measured.
func (s *Segmenter) Known() bool { return s.known }

// Init is the newest initialization section, nil before the first one.
func (s *Segmenter) Init() *Init {
	switch {
	case s.next != nil:
		return s.next.init
	case s.run != nil:
		return s.run.init
	}
	return nil
}

// Begin says that the samples from now on are those of g, and begin with a key frame. Where
// its format is that of the samples before, they go on in the same segment. An error says
// that the format cannot be aired; nothing has changed then.
func (s *Segmenter) Begin(g Generation) error {
	newest := s.next
	if newest == nil {
		newest = s.run
	}
	if newest == nil || !newest.format.Equal(g.Format) {
		init, err := NewInit(g.Format)
		if err != nil {
			return err
		}
		s.inits++
		init.Number, init.Stretch = s.inits, 1
		if newest != nil {
			init.Stretch = newest.init.Stretch
			if newest.init.kind != init.kind {
				init.Stretch++
			}
		}
		s.next = &run{format: g.Format, init: init}
		if s.run != nil && s.run.format.Equal(g.Format) {
			s.next = nil // the format between has had no picture
		}
	}
	s.slate = g.Slate
	if !s.known && g.Interval > 0 {
		s.measured(g.Interval)
	}
	return nil
}

// Add takes a sample, whose times are since the Unix epoch, and returns what is ready. Now is
// the time of its arrival, on any clock that Tick shares.
func (s *Segmenter) Add(x sample.Sample, now time.Duration) Output {
	var out Output
	r := s.next
	if r == nil {
		r = s.run
	}
	switch {
	case r == nil:
		return out
	case x.Track == sample.Audio:
		r.addSound(x)
	case s.next != nil && !x.Sync:
		return out // nothing can be shown before its first key frame
	default:
		s.addPicture(r, x, now, &out)
	}
	s.drain(now, &out)
	return out
}

// Tick returns what has waited for its sound for long enough.
func (s *Segmenter) Tick(now time.Duration) Output {
	var out Output
	s.drain(now, &out)
	return out
}

// End finishes the open segment: nothing follows for now.
func (s *Segmenter) End() Output {
	var out Output
	if r := s.run; r != nil && len(r.fragment) > 0 {
		last := r.fragment[len(r.fragment)-1]
		lasts := r.usual()
		s.finishRun(last.decoded+lasts, last.start+lasts, &out)
	}
	s.run, s.next, s.open = nil, nil, nil
	return out
}

// usual is how long a picture lasts as far as the open fragment tells.
func (r *run) usual() time.Duration {
	if n := len(r.fragment); n > 1 {
		return r.fragment[n-1].decoded - r.fragment[n-2].decoded
	}
	return time.Second / 25
}

func (r *run) addSound(x sample.Sample) {
	if r.format.Audio == nil {
		return
	}
	u := unit{data: x.Data, dts: sample.Count(x.DTS, r.format.Audio.Rate), sync: true}
	if n := len(r.sound); n > 0 {
		last := &r.sound[n-1]
		if u.dts <= last.dts {
			return // two frames at one time
		}
		last.duration = u.dts - last.dts
	}
	r.sound = append(r.sound, u)
}

func (s *Segmenter) addPicture(r *run, x sample.Sample, now time.Duration, out *Output) {
	if x.Sync {
		r.offset = x.PTS - x.DTS
	}
	p := picture{
		unit:    unit{data: x.Data, dts: sample.Count(x.DTS, videoScale), pts: sample.Count(x.PTS, videoScale), sync: x.Sync},
		decoded: x.DTS, start: x.DTS + r.offset, slate: s.slate,
	}
	s.noteSlate(p)
	if r == s.next {
		if s.run != nil && len(s.run.fragment) > 0 {
			s.finishLong(p, now)
			s.finishRun(p.decoded, p.start, out)
		}
		s.run, s.next = r, nil
		s.openSegment(p)
		r.fragment = []picture{p}
		return
	}
	last := &r.fragment[len(r.fragment)-1]
	p.dts = max(p.dts, last.dts+1)
	s.finishLong(p, now)
	s.place(p, now)
}

// finishLong ends the open segment before its last picture where that lasts for so long,
// until p, that the segment would exceed the target duration.
func (s *Segmenter) finishLong(p picture, now time.Duration) {
	r, n := s.run, len(s.run.fragment)
	if s.open.pictures < 2 || s.length(p) < s.target()+half {
		return
	}
	held := r.fragment[n-1]
	r.fragment = r.fragment[:n-1]
	s.open.pictures--
	s.closeFragment(held.decoded, now, true)
	s.closeSegment(held.start)
	s.openSegment(held)
	r.fragment = []picture{held}
}

// place gives the newest picture its duration, and p its place.
func (s *Segmenter) place(p picture, now time.Duration) {
	r, held, length := s.run, &s.run.fragment[len(s.run.fragment)-1], s.length(p)
	held.duration = p.dts - held.dts
	if length >= s.target()+half { // it is alone in its segment, and lasts for too long
		held.duration = sample.Count(s.target(), videoScale)
		s.closeFragment(p.decoded, now, true)
		s.closeSegment(s.open.Start + s.target())
		s.openSegment(p)
	} else if s.cuts(p, length) {
		s.closeFragment(p.decoded, now, true)
		s.closeSegment(p.start)
		s.openSegment(p)
	} else {
		if p.sync || p.decoded-r.fragment[0].decoded >= MaxFragment {
			s.closeFragment(p.decoded, now, false)
		}
		s.open.pictures++
		s.open.filler = s.open.filler && p.slate
	}
	r.fragment = append(r.fragment, p)
}

// cuts reports whether a segment begins with p, and learns from it how far apart key frames
// are. A segment ends at a key frame that comes when the segment is as long as it should be,
// or behind which the next one might come too late.
func (s *Segmenter) cuts(p picture, length time.Duration) bool {
	limit := s.target() + tolerance
	if !p.sync {
		if length >= limit && !s.known {
			s.measured(length)
		}
		return length >= limit
	}
	interval := p.start - s.lastKey
	if !s.known {
		s.measured(interval)
		limit = s.target() + tolerance
	}
	s.lastKey = p.start
	s.intervals[s.keys%len(s.intervals)] = interval
	s.keys++
	longest := slices.Max(s.intervals[:])
	return length >= s.state.Length-tolerance || length >= s.state.Length/4 && length+longest > limit
}

// measured decides by the first interval of key frames.
func (s *Segmenter) measured(interval time.Duration) {
	s.known = true
	if s.state.Length == 0 {
		s.state.Length = min(lengthOf(interval), MaxLength)
	}
	s.state.Rare = interval >= s.target()+tolerance
}

// target is the target duration, the longest possible while it is not known.
func (s *Segmenter) target() time.Duration {
	if s.state.Length == 0 {
		return MaxLength
	}
	return time.Duration(s.state.Target()) * time.Second
}

// length is how long the open segment is if p ends it.
func (s *Segmenter) length(p picture) time.Duration {
	return p.start.Round(time.Millisecond) - s.open.Start
}

// finishRun ends the run with the open segment, at the DTS and start of what follows.
func (s *Segmenter) finishRun(until, start time.Duration, out *Output) {
	r := s.run
	held := &r.fragment[len(r.fragment)-1]
	// Not by DTS: what follows may have another distance from DTS to PTS, and the segment lasts
	// until it is shown.
	held.duration = max(sample.Count(start, videoScale)-sample.Count(held.start, videoScale), 1)
	if end := s.open.Start + s.target(); start >= end+half {
		held.duration, start = sample.Count(s.target(), videoScale), end
	}
	s.closeFragment(until, 0, true)
	s.closeSegment(start)
	if n := len(r.sound); n > 0 && r.sound[n-1].duration == 0 {
		r.sound[n-1].duration = int64(r.format.Audio.Samples(r.sound[n-1].data))
	}
	for len(r.pending) > 0 {
		s.release(len(r.sound), out)
	}
}

func (s *Segmenter) openSegment(p picture) {
	if s.state.Next == 0 && s.msn == 0 {
		s.msn = int64(p.start / (2 * time.Second))
	}
	b := &building{pictures: 1, filler: p.slate}
	b.MSN, b.Init, b.Independent = s.msn, s.run.init, p.sync
	b.Start = p.start.Round(time.Millisecond)
	s.msn++
	before, init, end := s.state.Next > 0, s.state.Init, s.state.End
	if s.open != nil {
		before, init, end = true, s.open.Init.Name, s.open.End()
		b.Discontinuities = s.open.Discontinuities
	} else {
		b.Discontinuities = s.state.Discontinuities
	}
	if before && (init != b.Init.Name || (b.Start-end).Abs() > seam) {
		b.Discontinuity = true
		b.Discontinuities++
	}
	if p.sync {
		s.lastKey = p.start
	}
	s.open = b
}

func (s *Segmenter) closeSegment(end time.Duration) {
	b := s.open
	b.Duration = max(end.Round(time.Millisecond)-b.Start, time.Millisecond)
	b.Filler = b.filler
	kept := s.slates[:0:0]
	for _, slate := range s.slates {
		if slate.Start < b.End() && (slate.End == 0 || slate.End > b.Start) {
			b.Slates = append(b.Slates, slate)
		}
		if slate.End == 0 || slate.End > b.End() {
			kept = append(kept, slate)
		}
	}
	s.slates = kept
}

func (s *Segmenter) noteSlate(p picture) {
	n, start := len(s.slates), p.start.Round(time.Millisecond)
	lasts := n > 0 && s.slates[n-1].End == 0
	switch {
	case p.slate && !lasts:
		s.slates = append(s.slates, Slate{Start: start})
	case !p.slate && lasts:
		s.slates[n-1].End = start
	}
}
