package sample

import (
	"bytes"
	"time"
)

// Codec is how a track is coded.
type Codec string

// The codecs that inputs may have, under the names that the screen shows.
const (
	H264 Codec = "H.264"
	HEVC Codec = "HEVC"
	AAC  Codec = "AAC"
	Opus Codec = "Opus"
)

// Format is what a decoder has to know of a signal. Two inputs of equal formats follow each
// other in one initialization section, without a discontinuity. It never changes.
type Format struct {
	// Video is always there in a format that is aired. Audio is nil where there is no sound.
	Video *VideoFormat
	Audio *AudioFormat
}

// VideoFormat is the format of pictures.
type VideoFormat struct {
	Codec Codec
	// VPS (HEVC alone), SPS and PPS are the parameter sets, without start codes or lengths.
	VPS, SPS, PPS []byte
	// Width and Height are in pixels. FPS is pictures a second as the SPS says, 0 where it
	// does not.
	Width, Height int
	FPS           float64
}

// AudioFormat is the format of sound.
type AudioFormat struct {
	Codec Codec
	// Config is the AudioSpecificConfig of AAC (ISO/IEC 14496-3), nil for Opus.
	Config []byte
	// Rate is samples a second, 48000 for Opus. Channels is their number.
	Rate, Channels int
}

// Frame is how long a frame of AAC lasts: 1,024 samples. An Opus packet says by itself.
func (a *AudioFormat) Frame() time.Duration { return time.Second * 1024 / time.Duration(a.Rate) }

// Equal reports whether one initialization section does for both formats.
func (f Format) Equal(g Format) bool { return f.Video.Equal(g.Video) && f.Audio.Equal(g.Audio) }

// Equal reports whether two formats of pictures are the same. Both may be nil.
func (v *VideoFormat) Equal(w *VideoFormat) bool {
	if v == nil || w == nil {
		return v == w
	}
	return v.Codec == w.Codec && bytes.Equal(v.VPS, w.VPS) && bytes.Equal(v.SPS, w.SPS) && bytes.Equal(v.PPS, w.PPS)
}

// Equal reports whether two formats of sound are the same. Both may be nil.
func (a *AudioFormat) Equal(b *AudioFormat) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Codec == b.Codec && bytes.Equal(a.Config, b.Config) && a.Rate == b.Rate && a.Channels == b.Channels
}
