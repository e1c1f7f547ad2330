package transcoder

import (
	"math"
	"time"
)

// plan is how turns of a film become a mezzanine.
type plan struct {
	Rate ratio
	// Group is how many frames a segment has, Segment how long it is.
	Group   int
	Segment time.Duration
	// Frames is a turn of the film: its picture, whose last frame stands still until the
	// sound ends.
	Frames int64
	// Turns is how many turns of the film the mezzanine's picture has, one after the
	// other.
	Turns int64
	// Still is for how many frames the last picture stands still at the end of all turns.
	Still int64
	// Rounds is how often the picture is shown until the sound ends on an AAC frame as
	// well.
	Rounds int64
}

const (
	// padding is what codecs may add to a sound, in samples: no picture has to stand
	// still for it.
	padding = 3600
	// A film is repeated, rather than stands still at its end, where picture and sound then
	// repeat together within loopMost; or within loopLonger where it would stand still for
	// more than a tenth of its length. All of that sound is encoded before the film is on
	// air.
	loopMost   = 2 * time.Minute
	loopLonger = 10 * time.Minute
	// repeated is how long the picture of repeated turns may be.
	repeated = 2 * time.Minute
	// soundMost is how long the sound of a mezzanine may be, unless four rounds of the
	// picture are longer. Beyond it the picture stands still for some more segments.
	soundMost = 2 * time.Hour
)

// newPlan plans the mezzanine of a film by its rate, its frames of picture and its
// samples of sound.
func newPlan(rate ratio, frames, samples int64) plan {
	p := plan{Rate: rate, Frames: frames, Turns: 1}
	p.Segment, p.Group = segmentOf(rate)
	if sound := float64(samples) / sampleRate * rate.value(); samples-padding > p.samplesAt(frames) {
		p.Frames = int64(math.Ceil(sound - 0.01))
	}
	group := int64(p.Group)
	// The sound ends on an AAC frame after that many segments.
	unit := frameLength / gcd(frameLength, samplesIn(p.Segment))
	still := (group - p.Frames%group) % group
	most := loopMost
	if still*10 > p.Frames {
		most = loopLonger
	}
	turns := group / gcd(group, p.Frames)
	picture := turns * p.Frames
	loop := picture * (unit / gcd(unit, picture/group))
	if turns > 1 && p.timeOf(picture) <= repeated && p.timeOf(loop) <= most {
		p.Turns = turns
	} else {
		p.Still = still
	}
	for {
		segments := p.pictureFrames() / group
		p.Rounds = unit / gcd(unit, segments)
		if p.Rounds <= 4 || time.Duration(p.Rounds)*p.Turn() <= soundMost {
			return p
		}
		p.Still += group // so that its sound need not be encoded for hours
	}
}

// pictureFrames is how many frames the mezzanine's picture has.
func (p plan) pictureFrames() int64 { return p.Turns*p.Frames + p.Still }

// Turn is how long the mezzanine's picture is.
func (p plan) Turn() time.Duration {
	return time.Duration(p.pictureFrames()/int64(p.Group)) * p.Segment
}

// Loop is how long its sound is.
func (p plan) Loop() time.Duration { return time.Duration(p.Rounds) * p.Turn() }

// timeOf is how long a number of frames lasts.
func (p plan) timeOf(frames int64) time.Duration {
	return time.Duration(float64(frames) / p.Rate.value() * float64(time.Second))
}

// samplesAt is where a frame begins, in samples.
func (p plan) samplesAt(frame int64) int64 {
	return (frame*p.Rate.Den*sampleRate + p.Rate.Num/2) / p.Rate.Num
}

// starts are where the turns of the film begin in the sound of the loop, in samples.
func (p plan) starts() []int64 {
	var list []int64
	for round := range p.Rounds {
		for turn := range p.Turns {
			list = append(list, p.samplesAt(round*p.pictureFrames()+turn*p.Frames))
		}
	}
	return list
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
