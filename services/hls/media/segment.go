package media

import "time"

// Segment is a whole segment of a signal. It never changes.
type Segment struct {
	// MSN is its media sequence number.
	MSN int64
	// Data is its bytes: whole fragments, one after the other.
	Data []byte
	// Encoded is true where each worker encodes for itself: others give a segment with the
	// same times under the same number, but not the same bytes.
	Encoded bool
	// Parts are its fragments within Data, in order. They cover it.
	Parts []Part
}

// Part is one fragment of a segment.
type Part struct {
	// Offset and Length are in bytes of Segment.Data.
	Offset, Length int
	// Duration is that of its video.
	Duration time.Duration
	// Independent is true when it begins with a key frame.
	Independent bool
}
