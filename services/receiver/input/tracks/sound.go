package tracks

import (
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"livestream-tui/services/receiver/sample"
)

// Unsupported says that a track is coded in a way that is not taken.
type Unsupported struct {
	Track sample.Track
	// Codec is what came, as people call it.
	Codec string
}

// Error names what came and what is allowed.
func (u Unsupported) Error() string {
	if u.Track == sample.Audio {
		return fmt.Sprintf("its sound is %s: set the encoder to AAC or Opus", u.Codec)
	}
	return fmt.Sprintf("its pictures are %s: set the encoder to H.264 or HEVC", u.Codec)
}

// OpusRate is the rate of Opus.
const OpusRate = 48000

// OpusFormat is the format of Opus with that many channels: one or two.
func OpusFormat(channels int) (sample.AudioFormat, error) {
	if channels < 1 || channels > 2 {
		return sample.AudioFormat{}, Unsupported{sample.Audio, fmt.Sprintf("Opus with %d channels", channels)}
	}
	return sample.AudioFormat{Codec: sample.Opus, Rate: OpusRate, Channels: channels}, nil
}

// AACFormat is the format that an AudioSpecificConfig describes. Its Config is written anew,
// so that all inputs that sound the same have the same one.
func AACFormat(config []byte) (sample.AudioFormat, error) {
	var c mpeg4audio.AudioSpecificConfig
	if err := c.Unmarshal(config); err != nil {
		return sample.AudioFormat{}, fmt.Errorf("its AAC cannot be read: %w", err)
	}
	channels := int(c.ChannelConfig)
	if channels == 7 {
		channels = 8
	}
	switch {
	case channels < 1 || channels > 8:
		return sample.AudioFormat{}, Unsupported{sample.Audio, "AAC of an unusual arrangement of channels"}
	case c.FrameLengthFlag:
		return sample.AudioFormat{}, Unsupported{sample.Audio, "AAC with frames of 960 samples"}
	case c.SampleRate < 7350:
		return sample.AudioFormat{}, Unsupported{sample.Audio, fmt.Sprintf("AAC at %d Hz", c.SampleRate)}
	}
	b, err := c.Marshal()
	if err != nil {
		return sample.AudioFormat{}, fmt.Errorf("its AAC cannot be described: %w", err)
	}
	return sample.AudioFormat{Codec: sample.AAC, Config: b, Rate: c.SampleRate, Channels: channels}, nil
}

// ADTS reads frames of AAC that follow each other, each behind its header (ISO/IEC 14496-3,
// 1.A.2.2). A frame may come in pieces. The zero value is ready to use. Not safe for
// concurrent use.
type ADTS struct {
	rest   []byte
	at     time.Duration // when the next frame is to be heard
	header [3]byte       // of the last format
	format sample.AudioFormat
}

// adtsMost is the greatest length of a frame that its header can say.
const adtsMost = 1<<13 - 1

// Write takes the next bytes. The first frame that begins in b is heard at the given time.
func (a *ADTS) Write(b []byte, at time.Duration, to *Tracks) error {
	begun := len(a.rest) // bytes of a frame that began before b
	if begun == 0 {
		a.at = at
	}
	b = append(a.rest, b...)
	a.rest = nil
	for position := 0; ; {
		if position >= begun && begun > 0 {
			a.at, begun = at, 0
		}
		skip, size := nextFrame(b[position:])
		position += skip
		if size == 0 {
			if left := b[position:]; len(left) <= adtsMost {
				a.rest = append([]byte(nil), left...)
			}
			return nil
		}
		if err := a.frame(b[position:position+size], to); err != nil {
			return err
		}
		position += size
	}
}

// Due is when the next frame is to be heard, as far as the ones before it say.
func (a *ADTS) Due() time.Duration { return a.at }

// Lost says that bytes are missing: a frame that has begun is dropped.
func (a *ADTS) Lost() { a.rest = nil }

// nextFrame is how many bytes stand before the next frame, and its size with its header; zero
// when it is not all there.
func nextFrame(b []byte) (skip, size int) {
	for ; ; skip++ {
		h := b[skip:]
		if len(h) < 7 {
			return skip, 0
		}
		if !syncs(h) {
			continue
		}
		n := int(h[3]&3)<<11 | int(h[4])<<3 | int(h[5])>>5
		if n <= headerOf(h) {
			continue
		}
		if n > len(h) {
			return skip, 0
		}
		if len(h) >= n+2 && !syncs(h[n:]) {
			continue // the next one does not follow: it only looks like a frame
		}
		return skip, n
	}
}

// syncs reports whether b begins as a header does.
func syncs(b []byte) bool { return b[0] == 0xff && b[1]&0xf6 == 0xf0 }

func headerOf(b []byte) int {
	if b[1]&1 == 0 {
		return 9 // with a checksum
	}
	return 7
}

func (a *ADTS) frame(b []byte, to *Tracks) error {
	header := [3]byte{b[1] & 8, b[2] & 0xfd, b[3] & 0xc0} // but for the private bit
	if header != a.header || a.format.Codec == "" {
		object, rate, channels := b[2]>>6+1, b[2]>>2&0xf, b[2]&1<<2|b[3]>>6
		if object != 2 {
			return Unsupported{sample.Audio, fmt.Sprintf("AAC of object type %d", object)}
		}
		f, err := AACFormat([]byte{object<<3 | rate>>1, rate<<7 | channels<<3})
		if err != nil {
			return err
		}
		a.header, a.format = header, f
	}
	if b[6]&3 != 0 {
		return Unsupported{sample.Audio, "AAC with several blocks in a frame"}
	}
	to.Sound(a.format)
	to.Frame(b[headerOf(b):], a.at)
	a.at += a.format.Frame()
	return nil
}
