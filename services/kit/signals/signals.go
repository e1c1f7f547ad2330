package signals

import (
	"time"

	"livestream-tui/services/kit/report"
)

// Words that stand for something else where an input is named.
const (
	// AutoInput is the operator's choice that leaves it to the receiver.
	AutoInput = "auto"
	// NoInput means none.
	NoInput = "none"
	// SlateSource is what is shown while no input gives anything.
	SlateSource = "slate"
	// StillSlate is the slate that repeats the last key frame as it is.
	StillSlate = "still"
	// NoPassphrase is the passphrase of an SRT input that is not encrypted.
	NoPassphrase = "none"
)

// IsName reports whether a signal may have that name.
func IsName(name string) bool { return report.IsSignal(name) }

// Signal is a live signal.
type Signal struct {
	// Name is that of its playlist: /NAME/playlist.m3u8.
	Name string `json:"name"`
	// Inputs are where it comes from, the preferred one first. There is at least one.
	Inputs []Input `json:"inputs"`
	// Slate is what is aired while no input gives anything: the path of a picture or a film,
	// "last" for the last picture with a caption, "still" for the last key frame as it is, or
	// empty for a picture of our own.
	Slate string `json:"slate,omitempty"`
	// Segment is how long a segment should be. Zero means what the key frames allow: the
	// least even number of seconds that is not below their interval.
	Segment time.Duration `json:"segment,omitempty"`
	// Encode says whether a worker encodes anew: Auto where it is empty.
	Encode Encode `json:"encode,omitempty"`
	// LossAfter is how long the input on air may send nothing before another is taken; zero
	// means INPUT_LOSS_AFTER. At least 100 ms.
	LossAfter time.Duration `json:"loss_after,omitempty"`
	// ReturnAfter is how long a better input must have been good before it is taken again;
	// zero means INPUT_RETURN_AFTER.
	ReturnAfter time.Duration `json:"return_after,omitempty"`
	// FrozenAfter, BlackAfter and SilentAfter are how long pictures may stand still, be black
	// or sound be silent before the input counts as lost. Zero means for ever: nothing is
	// decoded for it.
	FrozenAfter time.Duration `json:"frozen_after,omitempty"`
	BlackAfter  time.Duration `json:"black_after,omitempty"`
	SilentAfter time.Duration `json:"silent_after,omitempty"`
}

// Encode says whether a worker encodes a signal anew or copies it.
type Encode string

// The ways.
const (
	// Auto copies where key frames come often enough, else encodes.
	Auto   Encode = "auto"
	Never  Encode = "never"
	Always Encode = "always"
)

// Input is one input of a signal. Just one of RTMP, SRT, UDP and URL is set.
type Input struct {
	// Name is unique within its signal, such as main or backup.
	Name string `json:"name"`
	RTMP *RTMP  `json:"rtmp,omitempty"`
	SRT  *SRT   `json:"srt,omitempty"`
	// UDP is where MPEG-TS comes in: HOST:PORT. A multicast address is joined.
	UDP string `json:"udp,omitempty"`
	// URL is anything that FFmpeg opens: RTSP, HLS, a file, which is played again and again.
	URL string `json:"url,omitempty"`
}

// RTMP is an input at the receiver's RTMP listener, at rtmp://HOST:RTMP_PORT/live with a
// stream key.
type RTMP struct {
	// Key is its stream key. Empty means that the receiver makes one and keeps it.
	Key string `json:"key,omitempty"`
}

// SRT is an input over SRT, where the receiver listens.
type SRT struct {
	// Port is its own, over UDP. Zero means SRT_PORT for the first input without one, the
	// next number for the second, and so on.
	Port int `json:"port,omitempty"`
	// Latency is how long the receiver waits for what was lost; zero means 200 ms.
	Latency time.Duration `json:"latency,omitempty"`
	// Passphrase encrypts it: 10 to 79 characters. Empty means that the receiver makes one
	// and keeps it, "none" that there is none.
	Passphrase string `json:"passphrase,omitempty"`
}
