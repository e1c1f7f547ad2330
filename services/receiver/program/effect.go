package program

import (
	"time"

	"livestream-tui/services/receiver/sample"
)

// Effect is something to be done for a signal.
type Effect interface{ effect() }

// Source is what is on air: the number of an input, Slate or Nothing.
type Source int

// The sources that are not inputs.
const (
	Slate   Source = -1
	Nothing Source = -2
)

// Begin begins a generation: a stretch of samples of one source in one format. Its first
// sample is a key frame of that format.
type Begin struct {
	Source Source
	Format sample.Format
	// Continues is true when the format is that of the generation before, so that no
	// discontinuity is needed.
	Continues bool
	// Interval is the time between key frames of the input that begins, or that is about to;
	// zero when it is not known.
	Interval time.Duration
}

// Emit airs a sample of the generation that has begun last, of which Source is the source. DTS
// of pictures rise strictly, and so do those of sound.
type Emit struct {
	Source Source
	Sample sample.Sample
}

// MakeSlate asks for a slate of a format. Made answers it.
type MakeSlate struct {
	Format sample.Format
	// Key is a key frame of the format, for a slate of the last picture.
	Key sample.Sample
}

// Lost reports that an input that was good is not any more.
type Lost struct {
	Input int
	Cause Cause
}

// Back reports that an input that was lost is good again, after how long.
type Back struct {
	Input int
	After time.Duration
}

// Switched reports that another input is on air than before.
type Switched struct {
	// From is the input before, Nothing at the first. To is the input now.
	From, To Source
	Cause    Cause
	// Gap is how long no new picture was there, Frames how many are missing. A slate counts
	// as missing pictures.
	Gap    time.Duration
	Frames int
}

// SlateOn reports that the slate is on air in place of an input, Nothing after a restart.
type SlateOn struct {
	From  Source
	Cause Cause
}

// SlateOff reports that an input is on air again.
type SlateOff struct {
	To Source
	// After is how long the slate was on air.
	After time.Duration
}

func (Begin) effect()     {}
func (Emit) effect()      {}
func (MakeSlate) effect() {}
func (Lost) effect()      {}
func (Back) effect()      {}
func (Switched) effect()  {}
func (SlateOn) effect()   {}
func (SlateOff) effect()  {}
