package sample

import "time"

// Count is the number of samples of sound, at rate samples a second, that is nearest to t.
func Count(t time.Duration, rate int) int64 {
	s, rest := int64(t/time.Second), int64(t%time.Second)
	if rest < 0 {
		s, rest = s-1, rest+int64(time.Second)
	}
	return s*int64(rate) + (rest*int64(rate)+int64(time.Second)/2)/int64(time.Second)
}

// At is the time of sample n, to the nanosecond: Count of it is n.
func At(n int64, rate int) time.Duration {
	s, rest := n/int64(rate), n%int64(rate)
	return time.Duration(s)*time.Second + time.Duration((rest*int64(time.Second)+int64(rate)/2)/int64(rate))
}

// opusFrames are how many samples a frame of each configuration of Opus has (RFC 6716, 3.1).
var opusFrames = [32]int{
	480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 480, 960,
	120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960,
}

// Samples is how many samples of sound a frame of AAC or a packet of Opus holds, for each
// channel. A packet that cannot be read counts as 20 ms.
func (a *AudioFormat) Samples(data []byte) int {
	if a.Codec != Opus {
		return 1024
	}
	if len(data) == 0 {
		return 960
	}
	frame, frames := opusFrames[data[0]>>3], 1
	switch data[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(data) < 2 || data[1]&63 == 0 {
			return 960
		}
		frames = int(data[1] & 63)
	}
	return frame * frames
}
