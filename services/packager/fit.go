package packager

import (
	"errors"
	"fmt"
	"math"
	"time"

	"livestream-tui/services/hls"
)

// slack is how far what a playlist says of a segment's length may be from what the
// segment holds: playlists round.
const slack = 10 * time.Millisecond

// lead returns the track that decides where a segment lies: the first with a
// picture, or the first of all.
func lead(in hls.Init) hls.Track {
	for _, t := range in.Tracks {
		if t.Handler == "vide" {
			return t
		}
	}
	return in.Tracks[0]
}

// fit holds a segment against its init section and its number: its tracks are
// among the section's, one fragment goes on from the other, and segment N begins at
// N times its own length, as it does on every worker (ENCODER.md). It returns that
// length.
func fit(in hls.Init, fragments []hls.Fragment, msn int64) (time.Duration, error) {
	if len(in.Tracks) == 0 || len(fragments) == 0 {
		return 0, errors.New("nothing to fit")
	}
	known := map[uint32]bool{}
	for _, t := range in.Tracks {
		known[t.ID] = true
	}
	track := lead(in)
	var begins, ends uint64
	for i, f := range fragments {
		for _, r := range f.Tracks {
			if !known[r.TrackID] {
				return 0, fmt.Errorf("fragment %d has track %d, which its init section has not", i+1, r.TrackID)
			}
		}
		r, ok := f.Track(track.ID)
		switch {
		case !ok || r.Samples == 0:
			return 0, fmt.Errorf("fragment %d has nothing of track %d", i+1, track.ID)
		case r.Duration > math.MaxUint32 || r.DecodeTime > math.MaxInt64:
			return 0, fmt.Errorf("fragment %d: %d units from %d on are beyond all measure", i+1, r.Duration, r.DecodeTime)
		case i == 0 && !r.Independent:
			return 0, errors.New("it does not begin with a key frame")
		case i == 0:
			begins = r.DecodeTime
		case r.DecodeTime != ends:
			return 0, fmt.Errorf("fragment %d begins at %d, the one before ends at %d", i+1, r.DecodeTime, ends)
		}
		ends = r.DecodeTime + r.Duration
	}
	units := ends - begins
	if units == 0 || units > uint64(longest/time.Second)*uint64(track.Timescale) {
		return 0, fmt.Errorf("it lasts %d units of 1/%d s", units, track.Timescale)
	}
	if begins%units != 0 || begins/units != uint64(msn) {
		return 0, fmt.Errorf("it begins at %d, segment %d of %d units each begins elsewhere", begins, msn, units)
	}
	return time.Duration(float64(units) / float64(track.Timescale) * float64(time.Second)), nil
}

// longest is the longest segment that is taken.
const longest = time.Minute

// fits reports whether the media of an entry, which is there, is what the entry
// says.
func fits(e entry, init, segment *media) error {
	lasts, err := fit(init.init, segment.fragments, e.msn)
	if err == nil && (lasts-e.segment.Duration).Abs() > slack {
		err = fmt.Errorf("it lasts %s, its playlist says %s", lasts, e.segment.Duration)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.segment.URI, err)
	}
	return nil
}
