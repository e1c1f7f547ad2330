package media

import "time"

// Segment is a whole segment of a signal. It never changes.
type Segment struct {
	// MSN is its media sequence number.
	MSN int64
	// Data is its bytes: whole fragments, one after the other.
	Data []byte
	// Parts are where its fragments lie in Data, in order. They cover it.
	Parts []Part
}

// Part is one fragment of a segment.
type Part struct {
	// Offset and Length are in bytes of the segment's data.
	Offset, Length int
	// Duration is that of its picture.
	Duration time.Duration
	// Independent reports whether it begins with a key frame.
	Independent bool
}
