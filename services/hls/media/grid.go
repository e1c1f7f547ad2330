package media

import "time"

// Grid defines where the segments of a signal begin and how they are numbered. It is
// locked to the Unix epoch, so that any two workers and any restart cut the same
// segments under the same numbers: segment N begins (N-Offset)*Segment after the
// epoch.
type Grid struct {
	// Segment is the length of every segment, a whole number of microseconds. Zero means
	// DefaultSegment.
	Segment time.Duration
	// Offset is added to a segment's number, so that the numbers of a signal keep rising
	// when its segments become longer. Zero in the plain grid.
	Offset int64
}

// DefaultSegment is the default length of a segment.
const DefaultSegment = 2 * time.Second

// MaxSegment is the longest allowed segment.
const MaxSegment = time.Minute

// Length returns the length of a segment; it is never zero.
func (g Grid) Length() time.Duration {
	if g.Segment == 0 {
		return DefaultSegment
	}
	return g.Segment
}

// At returns the media sequence number of the segment that is recorded at t.
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
// false when that is not a whole number.
func (g Grid) Units(timescale uint32) (units uint64, ok bool) {
	n := uint64(g.Length()) * uint64(timescale)
	return n / uint64(time.Second), n%uint64(time.Second) == 0
}

// TargetDuration returns the EXT-X-TARGETDURATION of the grid in seconds
// (RFC 8216, 4.3.3.1: no segment's rounded length exceeds it).
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
