package event

import (
	"fmt"
	"time"
)

// ViewState is the state of a viewer's picture. The zero value is ViewStarting. It
// travels as its lower-case name.
type ViewState uint8

// The states of a picture.
const (
	ViewStarting ViewState = iota // nothing has been shown yet
	ViewPlaying
	ViewStalled // it stands still: the playback buffer ran out
	ViewEnded   // it was shown to its end, or the signal is no longer watched
)

var viewStateNames = [...]string{"starting", "playing", "stalled", "ended"}

// String returns the state's lower-case name.
func (s ViewState) String() string {
	if int(s) < len(viewStateNames) {
		return viewStateNames[s]
	}
	return fmt.Sprintf("viewstate(%d)", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s ViewState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is
// an error that lists the allowed ones.
func (s *ViewState) UnmarshalText(b []byte) error {
	for i, name := range viewStateNames {
		if name == string(b) {
			*s = ViewState(i)
			return nil
		}
	}
	return fmt.Errorf("view state %q: allowed are %v", b, viewStateNames)
}

// Viewing reports how a viewer sees one signal: once a second, and whenever State or
// Packager changes. Counts run from the viewer's start.
type Viewing struct {
	Signal string    `json:"signal"`
	State  ViewState `json:"state"`
	// Since is when State began, to the millisecond.
	Since time.Time `json:"since,omitzero"`
	// Trouble is why the last failed request failed, in words without changing numbers;
	// empty once media has arrived again.
	Trouble string `json:"trouble,omitempty"`
	// StalledForMS is how long the picture has stood still by now, 0 unless State
	// is ViewStalled.
	StalledForMS int64 `json:"stalled_for_ms"`
	// Stalls, StalledMS and LongestStallMS cover all outages, a lasting one included.
	Stalls         int   `json:"stalls"`
	StalledMS      int64 `json:"stalled_ms"`
	LongestStallMS int64 `json:"longest_stall_ms"`
	// BufferMS is the media downloaded and not yet played.
	BufferMS int64 `json:"buffer_ms"`
	// LatencyMS is how far the picture lags behind the live edge, -1 when unknown.
	LatencyMS int64 `json:"latency_ms"`
	// Until is when the media that it holds, and that the playlist lists, ends unless more
	// comes, to the millisecond. It is zero unless State is ViewPlaying, and for a signal
	// that ends (EXT-X-ENDLIST).
	Until time.Time `json:"until,omitzero"`
	// TargetMS is the target duration of the playlist, 0 before the first.
	TargetMS int64 `json:"target_ms,omitempty"`
	// MSN is the newest segment downloaded, -1 before the first.
	MSN int64 `json:"msn"`
	// MSNAt is when it was downloaded, to the millisecond; zero before the first.
	MSNAt          time.Time `json:"msn_at,omitzero"`
	Violations     int       `json:"violations"`
	FailedRequests int       `json:"failed_requests"`
	// Packager is the source of the last playlist according to the proxy, empty when it
	// did not say; segments may come from any packager. PlaylistAgeMS is the age of that
	// playlist, -1 before the first.
	Packager      string `json:"packager"`
	PlaylistAgeMS int64  `json:"playlist_age_ms"`
	// BitrateBPS is the bitrate of the last segments in bits per second.
	BitrateBPS int64 `json:"bitrate_bps"`
}

// Kind returns KindViewing.
func (Viewing) Kind() Kind { return KindViewing }

func (Viewing) isEvent() {}
