package health

import (
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

// Observation is what was seen of one packager for one signal, up to its last
// request. Times are the observer's.
type Observation struct {
	// Packager is its base URL.
	Packager string
	// At is when the last request ended; zero before the first.
	At time.Time
	// Err is why the last request failed, in words; empty when it did not.
	Err string
	// Fails counts the bad requests since the last good one.
	Fails int
	// Pos is the newest position that it listed; {-1, -1} before the first.
	Pos m3u8.Pos
	// Advanced is when Pos last grew; zero when it was never seen to grow.
	Advanced time.Time
	// First is when this packager was first seen with a good playlist.
	First time.Time
	// Steps are the last changes of Pos, newest first, as far back as its number only
	// grew; At is zero in unused ones. They reach back some 7 target durations, which is
	// as long as a packager can be seen to be behind.
	Steps [8]Step
	// Latency is how long the last good request took to its first byte.
	Latency time.Duration
	// TargetDuration is that of its playlist.
	TargetDuration time.Duration
	// Tail are the segments that it lists, oldest first.
	Tail []Mark
	// Early is when it last listed a new segment that ended later than LeadMost from then by
	// the observer's wall clock; zero for never.
	Early time.Time
}

// Step is when a packager's newest segment was first seen.
type Step struct {
	MSN int64
	At  time.Time
}

// Mark is what identifies a segment across packagers.
type Mark struct {
	MSN      int64
	URI      string
	Duration time.Duration
	// ProgramDateTime is zero if the playlist has none.
	ProgramDateTime time.Time
	Discontinuity   bool
}

// Verdict is the state of one packager, with the reason in words.
type Verdict struct {
	Packager string
	State    report.State
	// Reason is the cause in words; empty when up.
	Reason string
	// Ahead means that it is misaligned for being ahead of the clock alone (Policy).
	Ahead bool
	Pos   m3u8.Pos
	// Age is how long ago Pos last grew; negative when it was never seen to grow.
	Age     time.Duration
	Latency time.Duration
}

// Status is the verdict as it is reported.
func (v Verdict) Status() report.PackagerStatus {
	age := int64(-1)
	if v.Age >= 0 {
		age = v.Age.Milliseconds()
	}
	return report.PackagerStatus{
		URL: v.Packager, State: v.State, Reason: v.Reason, MSN: v.Pos.MSN, Part: v.Pos.Part,
		AgeMS: age, LatencyMS: float64(v.Latency.Microseconds()) / 1000,
	}
}
