package clock

import (
	"time"

	"livestream-tui/services/receiver/sample"
)

const (
	// Settling is how long a connection takes until its mapping is known well.
	Settling = 500 * time.Millisecond
	// Ahead is by how much a picture of an input on air may be later than its arrival.
	Ahead = 20 * time.Millisecond

	backward  = time.Second     // source times that run back by more are a jump
	forward   = 5 * time.Second // and so are those that run ahead of arrival by more
	behind    = time.Second     // a jump within this of what was expected goes on evenly
	together  = 5 * time.Second // tracks further apart have mappings of their own
	slew      = 1000            // a correction moves by one part of so many
	stalled   = 500 * time.Millisecond
	uneven    = 600 * time.Millisecond // more than an encoder's buffer makes of a large key frame
	soundSlip = 40 * time.Millisecond
	step      = 100 * time.Microsecond // between pictures whose source times do not rise
	frame     = 40 * time.Millisecond
)

// Jump says what has become of the mapping. The zero value says that it goes on.
type Jump struct {
	// Anew is true when the source's times have jumped. Earlier samples stay where they are.
	Anew bool
	// By is how far the mapping has moved. While the input is not on air, the samples of the
	// track before this one move with it: the caller shifts those that it still has.
	By time.Duration
	// Tracks says which tracks have moved.
	Tracks [2]bool
}

// Clock maps one connection of one input. The zero value is ready for its first sample. Not
// safe for concurrent use.
type Clock struct {
	audio  *sample.AudioFormat
	begun  bool
	began  time.Duration // arrival of the first sample
	tracks [2]track

	anchor, even time.Duration // arrival less DTS of video since even
	backs        int           // pictures whose DTS ran back without a jump
}

// track is one track's part of the mapping.
type track struct {
	mapping      *mapping
	raw, arrival time.Duration // of the last sample
	at           time.Duration // where it was mapped to
	frame        time.Duration
	counted      bool
	next         int64 // where the next sound is expected, in samples
}

// Format tells the format of the sound that follows; nil means none.
func (c *Clock) Format(audio *sample.AudioFormat) {
	if !c.audio.Equal(audio) {
		c.tracks[sample.Audio].counted = false
	}
	c.audio = audio
}

// Settled reports whether the connection is old enough for its mapping to be good.
func (c *Clock) Settled(now time.Duration) bool { return c.begun && now-c.began >= Settling }

// Even is for how long pictures have come at the pace of their times. It is negative before
// the first picture.
func (c *Clock) Even(now time.Duration) time.Duration {
	if c.tracks[sample.Video].mapping == nil {
		return -1
	}
	return now - c.even
}

// Backs is how many pictures had a DTS below that of the one before. An encoder with
// B-frames that sends no DTS causes it.
func (c *Clock) Backs() int { return c.backs }

// Lag is by how much the last sample of a track arrived after its mapped time.
func (c *Clock) Lag(t sample.Track) time.Duration {
	return c.tracks[t].arrival - c.tracks[t].at
}

// Map returns the sample with the times of the mapping. Samples of each track come in order of
// arrival. While the input is on air, earlier samples cannot be moved any more, so corrections
// are slower.
func (c *Clock) Map(s sample.Sample, arrival time.Duration, onAir bool) (sample.Sample, Jump) {
	t := &c.tracks[s.Track]
	if !c.begun {
		c.begun, c.began = true, arrival
	}
	var jump Jump
	first := t.mapping == nil
	switch {
	case first:
		t.mapping = c.first(s, arrival)
	case t.jumped(s.DTS, arrival), c.missed(t, arrival):
		t.mapping, jump.Anew = c.anew(t, s, arrival), true
	}
	c.pace(t, s, arrival, first || jump.Anew)
	jump.By = t.mapping.correct(s.DTS, arrival, onAir)
	if jump.By != 0 && !onAir {
		c.move(t.mapping, &jump)
	}
	out := s.Shifted(t.mapping.offset)
	if s.Track == sample.Audio && c.audio != nil {
		out = t.count(out, c.audio)
	} else if !first && out.DTS <= t.at {
		out.DTS = t.at + step
	}
	out.PTS = max(out.PTS, out.DTS)
	if d := s.DTS - t.raw; !first && d > 0 && d < time.Second {
		t.frame = d
	}
	t.raw, t.arrival, t.at = s.DTS, arrival, out.DTS
	return out, jump
}

// jumped reports whether the source's times do not follow from those before.
func (t *track) jumped(dts, arrival time.Duration) bool {
	d := dts - t.raw
	return d < -backward || d-(arrival-t.arrival) > forward
}

// missed reports whether a track was away while the other one jumped.
func (c *Clock) missed(t *track, arrival time.Duration) bool {
	other := &c.tracks[0]
	if other == t {
		other = &c.tracks[1]
	}
	return other.mapping != nil && other.mapping != t.mapping && arrival-t.arrival > pause
}

// first is the mapping for the first sample of a track: that of the other track where it fits.
func (c *Clock) first(s sample.Sample, arrival time.Duration) *mapping {
	if m := c.others(s, arrival, together); m != nil {
		return m
	}
	return newMapping(arrival-s.DTS, arrival)
}

// anew is the mapping after a jump. The timeline goes on as if nothing had been, unless it
// would run ahead, or too far behind.
func (c *Clock) anew(t *track, s sample.Sample, arrival time.Duration) *mapping {
	if m := c.others(s, arrival, behind); m != nil && m != t.mapping {
		return m
	}
	if m := c.others(s, arrival, behind/2); m != nil {
		return m // it was the track itself that was wrong before
	}
	at := t.at + max(t.frame, step)
	if late := arrival - at; late < 0 || late > together {
		at = arrival
	}
	return newMapping(at-s.DTS, arrival)
}

// others is the mapping of the other track, where it puts s within a distance of what that
// track has had just now.
func (c *Clock) others(s sample.Sample, arrival, within time.Duration) *mapping {
	other := &c.tracks[1-s.Track]
	if other.mapping == nil || arrival-other.arrival > pause || (s.DTS+other.mapping.offset-other.at).Abs() > within {
		return nil
	}
	return other.mapping
}

// move moves what is remembered of earlier samples along with the mapping.
func (c *Clock) move(m *mapping, jump *Jump) {
	for i := range c.tracks {
		t := &c.tracks[i]
		if t.mapping != m {
			continue
		}
		jump.Tracks[i] = true
		t.at += jump.By
		if t.counted {
			t.next = sample.Count(sample.At(t.next, c.audio.Rate)+jump.By, c.audio.Rate)
		}
	}
}

// pace notes whether pictures come evenly.
func (c *Clock) pace(t *track, s sample.Sample, arrival time.Duration, anew bool) {
	if s.Track != sample.Video {
		return
	}
	if !anew && s.DTS < t.raw {
		c.backs++
	}
	if behind := arrival - s.DTS; anew || (behind-c.anchor).Abs() > uneven {
		c.anchor, c.even = behind, arrival
	}
}

// count puts sound onto whole samples, one frame after the other. It follows the mapping by
// one sample a frame, and is set anew where it is too far off.
func (t *track) count(s sample.Sample, audio *sample.AudioFormat) sample.Sample {
	want := sample.Count(s.DTS, audio.Rate)
	off := want - t.next
	n := t.next + max(-1, min(1, off))
	if !t.counted || max(off, -off) > sample.Count(soundSlip, audio.Rate) {
		n = want
	}
	t.counted, t.next = true, n+int64(audio.Samples(s.Data))
	s.DTS = sample.At(n, audio.Rate)
	s.PTS = s.DTS
	return s
}
