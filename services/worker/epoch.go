package worker

import "time"

// timescale is the video track's, in units per second.
const timescale = 90000

// segmentUnits is D in units of the timescale.
const segmentUnits = uint64(SegmentDuration / time.Second * timescale)

// segmentAt is N of the segment that is being recorded at t: floor(T/D).
func segmentAt(t time.Time) int64 {
	return floorDiv(t.UnixNano(), int64(SegmentDuration))
}

// startOf is when segment n begins.
func startOf(n int64) time.Time { return time.Unix(0, n*int64(SegmentDuration)).UTC() }

// seek is where FFmpeg begins in a looped film so that what it writes first is
// segment n.
type seek struct {
	// In is the position within the loop, a multiple of D; Offset is added to the
	// output's timestamps: the Unix time at which this turn of the loop began.
	In, Offset time.Duration
}

// seekTo returns the seek for segment n of a loop of the given length, which is
// a multiple of D.
func seekTo(n int64, length time.Duration) seek {
	at := time.Duration(n) * SegmentDuration
	turn := at / length * length
	return seek{In: at - turn, Offset: turn}
}

// loopLength is the length of the loop made of a film: the nearest multiple of
// 8 s, at least 8 s, which is a whole number of segments and of AAC frames
// (8 s is 375 frames of 1,024 samples at 48 kHz).
func loopLength(film time.Duration) time.Duration {
	const unit = 8 * time.Second
	return max(film.Round(unit), unit)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// clock is the time of the grid. It runs with the monotonic clock from where the
// wall clock stood at its start: a step of the wall clock never moves segments
// (FAILURES.md, case 24).
type clock struct {
	// wall is asked once, when the clock is made.
	wall  *wallClock
	first time.Time // what it said
	began time.Time // by the monotonic clock
	ahead time.Duration
}

func newClock() clock {
	wall := new(wallClock)
	return clock{wall: wall, first: wall.now(), began: time.Now()}
}

// now is the time of the grid.
func (c clock) now() time.Time { return c.first.Add(time.Since(c.began) + c.ahead) }

// notBefore returns a clock that says t or later: for a worker that starts
// after the wall clock was set back, whose numbers go on from the last one.
func (c clock) notBefore(t time.Time) clock {
	if d := t.Sub(c.now()); d > 0 {
		c.ahead += d
	}
	return c
}
