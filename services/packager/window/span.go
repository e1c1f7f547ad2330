package window

import (
	"errors"
	"fmt"
	"math"
	"time"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/media"
)

const (
	// rounding is how far what a playlist says of a segment's length may be from
	// what the segment holds.
	rounding = 50 * time.Millisecond
	// farthest bounds a time made of a timestamp: what is beyond is as far.
	farthest = math.MaxInt64 / 2
)

// Span is where a segment lies on the timeline of the track that leads it.
type Span struct {
	// Begins and Units are in units of 1/Timescale s.
	Begins, Units uint64
	Timescale     uint32
}

// Measure holds a segment against an initialization section: its tracks are among
// the section's, and one fragment goes on from the other. It returns where the
// segment lies.
func Measure(in fmp4.Init, fragments []fmp4.Fragment) (Span, error) {
	if len(in.Tracks) == 0 || len(fragments) == 0 {
		return Span{}, errors.New("nothing to measure")
	}
	known := map[uint32]bool{}
	for _, t := range in.Tracks {
		known[t.ID] = true
	}
	track := lead(in)
	s := Span{Timescale: track.Timescale}
	for i, f := range fragments {
		for _, r := range f.Tracks {
			if !known[r.TrackID] {
				return Span{}, fmt.Errorf("fragment %d has track %d, which its init section has not", i+1, r.TrackID)
			}
		}
		r, ok := f.Track(track.ID)
		switch {
		case !ok || r.Samples == 0:
			return Span{}, fmt.Errorf("fragment %d has nothing of track %d", i+1, track.ID)
		case r.Duration > math.MaxUint32 || r.DecodeTime > math.MaxInt64:
			return Span{}, fmt.Errorf("fragment %d is longer or later than can be", i+1)
		case i == 0 && !r.Independent:
			return Span{}, errors.New("it does not begin with a key frame")
		case i == 0:
			s.Begins = r.DecodeTime
		case r.DecodeTime != s.Begins+s.Units:
			return Span{}, fmt.Errorf("fragment %d does not begin where the one before ends", i+1)
		}
		s.Units += r.Duration
	}
	if s.Units == 0 || s.Timescale == 0 || s.Lasts() > media.MaxSegment {
		return Span{}, fmt.Errorf("it lasts %s: allowed is more than 0 s, up to %s", s.Lasts(), media.MaxSegment)
	}
	return s, nil
}

// lead returns the track that decides where a segment lies: the first with a
// picture, or the first of all.
func lead(in fmp4.Init) fmp4.Track {
	for _, t := range in.Tracks {
		if t.Handler == "vide" {
			return t
		}
	}
	return in.Tracks[0]
}

// At is how long after the track's zero the segment begins.
func (s Span) At() time.Duration { return seconds(s.Begins, s.Timescale) }

// Lasts is how long the segment is.
func (s Span) Lasts() time.Duration { return seconds(s.Units, s.Timescale) }

func seconds(units uint64, timescale uint32) time.Duration {
	if timescale == 0 {
		return 0
	}
	return time.Duration(min(float64(units)/float64(timescale)*float64(time.Second), farthest))
}

// Off is how far s lies from where the segment has to that is so many numbers behind
// other, where those between are as long.
func (s Span) Off(other Span, numbers int64) time.Duration {
	off := math.Abs(float64(s.At()) - float64(other.At()) - float64(numbers)*float64(other.Lasts()))
	if s.Timescale != other.Timescale {
		off = farthest
	}
	return time.Duration(min(off, farthest))
}

// Behind reports whether s lies where the segment has to that is so many numbers
// behind other. A tenth of a segment is left for encoders that drop a frame.
func (s Span) Behind(other Span, numbers int64) bool { return s.Off(other, numbers) <= s.Lasts()/10 }

// Fits reports whether the media of an entry is what the entry says.
func (e Entry) Fits(init, segment *Media) error {
	if len(init.Init.Tracks) == 0 || len(segment.Fragments) == 0 {
		return nil // it was not looked into
	}
	s, err := Measure(init.Init, segment.Fragments)
	if err == nil && (s.Lasts()-e.Segment.Duration).Abs() > rounding {
		err = fmt.Errorf("it lasts %s, its playlist says %s", s.Lasts(), e.Segment.Duration)
	}
	return err
}
