package event

// Audience reports what players say of themselves (CMCD) of one rendition of a signal: at
// most once every two seconds, while any of it changes, and a last time when the last
// player has left. Of what players measure it has the median of those that say it, -1 when
// none does.
type Audience struct {
	Signal string `json:"signal"`
	// Rendition is the path of its media playlist below the signal, without the extension.
	Rendition string `json:"rendition"`
	// Sessions is how many players report now.
	Sessions int `json:"sessions"`
	// Stalled is how many of the sessions have stalled, Stalls how often in all.
	Stalled int `json:"stalled_sessions"`
	Stalls  int `json:"stalls"`
	// StartMS is how long players took to start, BufferMS the media that they have and have
	// not played, LatencyMS how far they are behind the live edge.
	StartMS   int64 `json:"start_ms"`
	BufferMS  int64 `json:"buffer_ms"`
	LatencyMS int64 `json:"latency_ms"`
	// BitrateBPS is the bit rate of what they play, ThroughputBPS what they measure of the
	// network, both in bits per second.
	BitrateBPS    int64 `json:"bitrate_bps"`
	ThroughputBPS int64 `json:"throughput_bps"`
}

// Kind returns KindAudience.
func (Audience) Kind() Kind { return KindAudience }

func (Audience) isEvent() {}
