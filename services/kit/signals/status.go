package signals

import "time"

// IndexPath is where a receiver lists its signals: feed.Index.
const IndexPath = "/feeds"

// ChoicePath is where a Choice is POSTed, with the bearer token ADMIN_TOKEN.
func ChoicePath(signal string) string { return IndexPath + "/" + signal + "/input" }

// Choice is the operator's choice of a signal's input.
type Choice struct {
	// Input is the name of one, or AutoInput.
	Input string `json:"input"`
}

// Mode is what workers do with a feed.
type Mode string

// The modes.
const (
	// Pending means that nothing has come yet by which the mode could be told.
	Pending Mode = "pending"
	// CopyMode means that workers publish the feed's segments.
	CopyMode Mode = "copy"
	// EncodeMode means that workers encode the feed's stream: its key frames are too far apart,
	// or the operator wants it.
	EncodeMode Mode = "encode"
)

// Status is how a live signal is.
type Status struct {
	Name string `json:"signal"`
	Mode Mode   `json:"mode"`
	// StandsBy is true while the receiver of another machine makes the signal's timeline. Of
	// several that do, the one with the greatest Generation counts, then the first.
	StandsBy   bool   `json:"stands_by,omitempty"`
	Generation uint64 `json:"generation,omitempty"`
	// OnAir is true once the feed has segments. It stays so while a slate is shown.
	OnAir bool `json:"on_air"`
	// Source is the name of the input that is shown, "slate", or empty before the first.
	Source string `json:"source"`
	// Since is when that source began to be shown; nil before the first.
	Since *time.Time `json:"since,omitempty"`
	// Width and Height are those of the first pictures that were shown, in pixels, and FPS
	// their number a second: an encoder's output stays so. Zero before them.
	Width  int     `json:"width,omitempty"`
	Height int     `json:"height,omitempty"`
	FPS    float64 `json:"fps,omitempty"`
	// Pinned is the input that the operator chose; empty while the choice is automatic.
	Pinned string        `json:"pinned,omitempty"`
	Inputs []InputStatus `json:"inputs"`
}

// State is how an input is.
type State string

// The states of an input.
const (
	// Waiting means that no encoder is connected.
	Waiting State = "waiting"
	// Connected means that one is, and that it has not sent a key frame yet, or not been
	// steady for long enough.
	Connected State = "connected"
	// Good means that it can be shown.
	Good State = "good"
	// Lost means that a connected encoder sends no pictures.
	Lost State = "lost"
	// Frozen, Black and Silent say what was wrong with its content for too long.
	Frozen State = "frozen"
	Black  State = "black"
	Silent State = "silent"
)

// InputStatus is how one input of a live signal is. Zero means unknown in all figures.
type InputStatus struct {
	Name string `json:"input"`
	// Kind is rtmp, srt, udp or url.
	Kind string `json:"kind"`
	// Address is where an encoder has to send, or what is opened. Keys and passphrases are
	// masked.
	Address string `json:"address"`
	State   State  `json:"state"`
	OnAir   bool   `json:"on_air"`
	// Since is when the state began.
	Since time.Time `json:"since"`
	// Remote is the encoder's address, Encoder what it calls itself.
	Remote  string `json:"remote,omitempty"`
	Encoder string `json:"encoder,omitempty"`
	// Video and Audio are the formats in words, such as "H.264 1280x720" and "AAC 48 kHz
	// stereo".
	Video string `json:"video,omitempty"`
	Audio string `json:"audio,omitempty"`
	// FPS is pictures a second, Bitrate bits a second, KeyFrameInterval seconds, each over
	// the last seconds.
	FPS              float64 `json:"fps,omitempty"`
	Bitrate          int64   `json:"bitrate,omitempty"`
	KeyFrameInterval float64 `json:"key_frame_interval,omitempty"`
	// SkewMS is how many milliseconds sound is later than pictures.
	SkewMS float64 `json:"skew_ms,omitempty"`
	// RTTMS is the round-trip time; Lost and Retransmitted count packets (SRT).
	RTTMS         float64 `json:"rtt_ms,omitempty"`
	Lost          int64   `json:"lost,omitempty"`
	Retransmitted int64   `json:"retransmitted,omitempty"`
	// Failed is why an encoder was refused or could not be reached, the last time.
	Failed string `json:"failed,omitempty"`
	// Warnings are what an operator should change, in words.
	Warnings []string `json:"warnings,omitempty"`
}
