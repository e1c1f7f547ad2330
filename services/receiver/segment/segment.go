package segment

import (
	"bytes"
	"strconv"
	"time"

	"livestream-tui/services/receiver/sample"
)

// Generation is a stretch of samples of one source.
type Generation struct {
	Format sample.Format
	// Slate is true when its pictures stand in for inputs that are gone.
	Slate bool
	// Interval is the time between key frames, as far as it is known beforehand. Zero means
	// that it is measured.
	Interval time.Duration
}

// Init is an initialization section.
type Init struct {
	// Name is derived from Data: package media has the rule.
	Name string
	Data []byte
	// Number counts the initialization sections of a segmenter, from 1. A section that is
	// used again after another one has a number of its own.
	Number int
	// Stretch counts stretches of one kind of format, from 1: the same codecs, and the same
	// sound. A decoder goes on from one section of a stretch to the next, as key frames bring
	// their parameter sets.
	Stretch int

	kind string
}

// Fragment is a moof with its mdat: both tracks of up to MaxFragment. It never changes.
type Fragment struct {
	MSN  int64
	Init *Init
	Data []byte
	// Start is the time of its first picture, since the Unix epoch.
	Start time.Duration
	// Key is true when it begins with a key frame.
	Key bool
}

// Segment is a finished segment. It never changes.
type Segment struct {
	MSN  int64
	Init *Init
	// Pieces are its bytes: those of its fragments, which are not copied, and what a filler
	// has before them.
	Pieces [][]byte
	// Start is when its first picture is shown, since the Unix epoch, in whole milliseconds.
	// Duration is how long it lasts, up to the start of the next one.
	Start, Duration time.Duration
	// Independent is true when it begins with a key frame.
	Independent bool
	// Discontinuity is true when the format or the timeline changes before it.
	Discontinuity bool
	// Discontinuities counts those before it, its own included, since the signal's first
	// segment.
	Discontinuities int64
	// Filler is true when a slate has made all of it.
	Filler bool
	// Slates are the slates that are shown in it, in order.
	Slates []Slate
}

// Data is the segment's bytes, in a copy.
func (s *Segment) Data() []byte { return bytes.Join(s.Pieces, nil) }

// End is when the segment ends.
func (s *Segment) End() time.Duration { return s.Start + s.Duration }

// Slate is a stretch of time in which a slate is shown.
type Slate struct {
	Start time.Duration
	// End is zero while it lasts.
	End time.Duration
}

// ID names the slate in playlists.
func (s Slate) ID() string { return "slate-" + strconv.FormatInt(s.Start.Milliseconds(), 10) }

// Output is what is ready. Fragments may belong to segments that are not finished.
type Output struct {
	Fragments []Fragment
	Segments  []Segment
}

// State is what is kept of a signal's timeline, so that it goes on after a restart. The zero
// value is a signal that was never on air.
type State struct {
	// Length is how long segments should be; zero until key frames have told. It never
	// changes from then on.
	Length time.Duration `json:"segment"`
	// Rare is true when key frames are too far apart to be where segments begin.
	Rare bool `json:"rare,omitempty"`
	// Next is the media sequence number of the next segment; zero before the first.
	Next int64 `json:"next_msn"`
	// End is when the last segment ends, since the Unix epoch.
	End time.Duration `json:"end"`
	// Discontinuities counts those of all segments.
	Discontinuities int64 `json:"discontinuities,omitempty"`
	// Init is the name of the last segment's initialization section.
	Init string `json:"init,omitempty"`
}

// Target is the target duration of the playlist, in seconds (RFC 8216, 4.3.3.1). It is the
// same for as long as Length is.
func (s State) Target() int {
	return max(int(s.Length.Round(time.Second)/time.Second), leastTarget)
}

// videoScale is the timescale of video, in ticks a second; that of sound is its rate.
const videoScale = 90000

const (
	// leastTarget leaves room for a picture that is shown until the key frame of another
	// input comes.
	leastTarget = 2
	// MaxLength is the longest segment that is chosen by key frames.
	MaxLength = 6 * time.Second
	// tolerance is by how much key frames may be later than segments should end.
	tolerance = 250 * time.Millisecond
	// half is below what a duration rounds down to the target duration.
	half = 500 * time.Millisecond
)

// lengthOf is the least even number of seconds that is not below the interval of key frames.
func lengthOf(interval time.Duration) time.Duration {
	const step = 2 * time.Second
	return max((interval-tolerance+step-1)/step*step, step)
}
