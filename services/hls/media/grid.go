package media

import "time"

// Grid is where the segments of a signal begin and how they are numbered. It is
// locked to the Unix epoch, so that any two workers and any restart cut the same
// segments under the same numbers: segment N begins (N-Offset)*Segment after the
// epoch.
type Grid struct {
	// Segment is how long every segment is. It must be a whole number of
	// microseconds. Zero means DefaultSegment.
	Segment time.Duration
	// Offset is added to a segment's number. It lets the numbers of a signal go on
	// upwards when its segments become longer. Zero for the plain grid.
	Offset int64
}

// DefaultSegment is the length of a segment where nothing else is asked for.
const DefaultSegment = 2 * time.Second

// MaxSegment is the longest segment that is taken.
const MaxSegment = time.Minute

// Length returns how long a segment is, which is never zero.
func (g Grid) Length() time.Duration {
	if g.Segment == 0 {
		return DefaultSegment
	}
	return g.Segment
}

// At returns the media sequence number of the segment that is being recorded at t.
func (g Grid) At(t time.Time) int64 {
	return floorDiv(t.UnixNano(), int64(g.Length())) + g.Offset
}

// Elapsed returns how long after the Unix epoch segment n begins.
func (g Grid) Elapsed(n int64) time.Duration {
	return time.Duration(n-g.Offset) * g.Length()
}

// Start returns when segment n begins.
func (g Grid) Start(n int64) time.Time { return time.Unix(0, int64(g.Elapsed(n))).UTC() }

// Units returns the length of a segment in units of 1/timescale seconds; ok is
// false where that is no whole number.
func (g Grid) Units(timescale uint32) (units uint64, ok bool) {
	n := uint64(g.Length()) * uint64(timescale)
	return n / uint64(time.Second), n%uint64(time.Second) == 0
}

// TargetDuration returns the EXT-X-TARGETDURATION of the grid in seconds
// (RFC 8216, 4.3.3.1: a segment's length, rounded, is not above it).
func (g Grid) TargetDuration() int {
	return max(int((g.Length()+time.Second/2)/time.Second), 1)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
