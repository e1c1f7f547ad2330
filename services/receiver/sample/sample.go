package sample

import "time"

// Track says which of the two tracks a sample belongs to.
type Track uint8

// The tracks.
const (
	Video Track = iota
	Audio
)

// String is the track in one word.
func (t Track) String() string {
	if t == Audio {
		return "audio"
	}
	return "video"
}

// Sample is one coded picture, one AAC frame or one Opus packet. It never changes.
type Sample struct {
	Track Track
	// DTS is when it is decoded, PTS when it is shown. An input gives both on a timeline of
	// its own, unwrapped, so that they may be any number, and run back or jump when the
	// encoder does. From the clock on they are times since the Unix epoch. For audio both are
	// equal.
	DTS, PTS time.Duration
	// Sync is true when decoding can begin with it: an IDR picture, or any audio.
	Sync bool
	// Data is, for video, NAL units each preceded by its length in four bytes (ISO/IEC
	// 14496-15), without access unit delimiters; a key frame begins with its parameter sets,
	// which are those of the Format. For audio it is the raw frame, without ADTS header.
	Data []byte
}

// Shifted is the sample with both times moved by d.
func (s Sample) Shifted(d time.Duration) Sample {
	s.DTS += d
	s.PTS += d
	return s
}
