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
	// rounding is how far a segment's length in a playlist may be from that of its media.
	rounding = 50 * time.Millisecond
	// farthest bounds a time that is derived from a timestamp.
	farthest = math.MaxInt64 / 2
)

// Span is where a segment lies on the timeline of its leading track.
type Span struct {
	// Begins and Units are in units of 1/Timescale s.
	Begins, Units uint64
	Timescale     uint32
	// Independent is true when it begins with a key frame.
	Independent bool
}

// Measure returns where a segment lies by its initialization section. Its tracks must be
// in that section, and its fragments must follow each other.
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
				return Span{}, fmt.Errorf("fragment %d has track %d, which its init section does not have", i+1, r.TrackID)
			}
		}
		r, ok := f.Track(track.ID)
		switch {
		case !ok || r.Samples == 0:
			return Span{}, fmt.Errorf("fragment %d has nothing of track %d", i+1, track.ID)
		case r.Duration > math.MaxUint32 || r.DecodeTime > math.MaxInt64:
			return Span{}, fmt.Errorf("fragment %d is impossibly long or late", i+1)
		case i == 0:
			s.Begins, s.Independent = r.DecodeTime, r.Independent
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

// lead returns the track that decides where a segment lies: the first video track, or the
// first track when there is no video.
func lead(in fmp4.Init) fmp4.Track {
	for _, t := range in.Tracks {
		if t.Handler == "vide" {
			return t
		}
	}
	return in.Tracks[0]
}

// At returns when the segment begins on the timeline of the track.
func (s Span) At() time.Duration { return seconds(s.Begins, s.Timescale) }

// Lasts returns the length of the segment.
func (s Span) Lasts() time.Duration { return seconds(s.Units, s.Timescale) }

func seconds(units uint64, timescale uint32) time.Duration {
	if timescale == 0 {
		return 0
	}
	return time.Duration(min(float64(units)/float64(timescale)*float64(time.Second), farthest))
}

// Off returns how far s is from the place of the segment so many numbers after other, if
// all segments in between are as long as other.
func (s Span) Off(other Span, numbers int64) time.Duration {
	off := math.Abs(float64(s.At()) - float64(other.At()) - float64(numbers)*float64(other.Lasts()))
	if s.Timescale != other.Timescale {
		off = farthest
	}
	return time.Duration(min(off, farthest))
}

// Follows reports whether s lies where the segment so many numbers after other must lie.
// It tolerates a tenth of a segment, for encoders that drop a frame.
func (s Span) Follows(other Span, numbers int64) bool { return s.Off(other, numbers) <= s.Lasts()/10 }

// Fits returns why the media of an entry does not match the entry, nil when it matches.
func (e Entry) Fits(init, segment *Media) error {
	if len(init.Init.Tracks) == 0 || len(segment.Fragments) == 0 {
		return nil // it was not read
	}
	s, err := Measure(init.Init, segment.Fragments)
	if err == nil && e.Independent && !s.Independent {
		err = errors.New("it does not begin with a key frame, as its playlist says")
	}
	if err == nil && (s.Lasts()-e.Segment.Duration).Abs() > rounding {
		err = fmt.Errorf("it lasts %s, its playlist says %s", s.Lasts(), e.Segment.Duration)
	}
	return err
}
