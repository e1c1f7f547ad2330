package transcoder

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The form of a mezzanine's sound: AAC, stereo.
const (
	sampleRate  = 48000
	frameLength = 1024 // samples in an AAC frame
	sampleBytes = 4    // of both channels, 16 bits each
)

// samplesIn is a time in samples, rounded.
func samplesIn(d time.Duration) int64 {
	return (int64(d/time.Microsecond)*sampleRate + 500_000) / 1_000_000
}

// soundChain is the filters of the sound: stereo from the film's start on, what is
// missing filled with silence. One channel is as loud in both as it was alone. More
// than two are mixed without making them softer, so that speech stays as loud as it
// was; a limiter keeps their sum from clipping.
func soundChain(t track) string {
	switch {
	case t.Channels == 1:
		return "pan=stereo|c0=c0|c1=c0,aresample=48000:async=1:first_pts=0"
	case t.Channels > 2:
		// From floats to floats: else the mix is scaled down to the sum of all channels.
		return "aformat=sample_fmts=fltp,aformat=sample_fmts=fltp:channel_layouts=stereo," +
			"aresample=48000:async=1:first_pts=0,alimiter=limit=0.97:level=false:latency=true"
	}
	chain := "aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo"
	if strings.HasPrefix(t.Codec, "pcm_f") { // which may be louder than what can be played
		chain = "aformat=sample_fmts=fltp:channel_layouts=stereo,aresample=48000:async=1:first_pts=0,alimiter=limit=1:level=false:latency=true"
	}
	return chain
}

// loop is the sound of a mezzanine as samples: turns of the film's sound, each from
// its beginning, and silence where a turn is longer than its sound.
type loop struct {
	sound  io.ReaderAt
	length int64   // of the sound, in samples
	starts []int64 // where turns begin, ascending; the first is 0
	end    int64   // of the loop
}

// copy writes n samples from a position on, which may lie beyond either end: the
// loop is played again and again.
func (l loop) copy(w io.Writer, from, n int64) error {
	for n > 0 {
		at := ((from % l.end) + l.end) % l.end
		i := len(l.starts) - 1
		for l.starts[i] > at {
			i--
		}
		end := l.end
		if i+1 < len(l.starts) {
			end = l.starts[i+1]
		}
		in := at - l.starts[i]
		m := min(n, end-at)
		var err error
		if in < l.length {
			m = min(m, l.length-in)
			_, err = io.Copy(w, io.NewSectionReader(l.sound, in*sampleBytes, m*sampleBytes))
		} else {
			m = min(m, 1<<16)
			_, err = w.Write(make([]byte, m*sampleBytes))
		}
		if err != nil {
			return fmt.Errorf("the sound: %w", err)
		}
		from, n = from+m, n-m
	}
	return nil
}
