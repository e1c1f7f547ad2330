// Package report holds the typed records that cross process borders: what
// discovery tells the reporter, what the reporter and the origin answer, and
// the log lines and events that every service writes and the supervisor reads.
//
// It depends on nothing else of ours, so that a dashboard can read a service's
// words without knowing the service.
package report

import (
	"fmt"
	"time"
)

// State is what a packager is for one signal, as seen by whoever observed it.
// The zero value is Unknown. It travels as its lower-case name.
type State uint8

// The states of a packager, best first after Unknown. The order is not a
// ranking to compare with <: services/health ranks.
const (
	Unknown    State = iota // nothing observed yet
	Up                      // serves a live, aligned playlist
	Suspect                 // answered late or failed once; still usable
	Lagging                 // behind the newest peer, but moving
	Stale                   // its playlist has not moved for too long
	Misaligned              // its segments are not its peers' segments
	Down                    // does not answer, or answers what is no playlist
)

var stateNames = [...]string{"unknown", "up", "suspect", "lagging", "stale", "misaligned", "down"}

// String returns the state's lower-case name, as logs, JSON and screen show it.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; a name that is no state
// is an error that lists the allowed ones.
func (s *State) UnmarshalText(b []byte) error {
	for i, name := range stateNames {
		if name == string(b) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("state %q: allowed are %v", b, stateNames)
}

// PackagerStatus is what is known of one packager for one signal.
type PackagerStatus struct {
	// URL is the packager's base URL without a final slash, one of PACKAGERS.
	URL string `json:"packager"`
	// State is the verdict, Reason its cause in words; empty when Up.
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
	// MSN is the newest media sequence number listed, -1 when none is known.
	MSN int64 `json:"msn"`
	// Part is the newest part of the segment after MSN, -1 in plain HLS.
	Part int `json:"part"`
	// AgeMS is how long ago MSN last grew, -1 when it never was seen growing.
	AgeMS int64 `json:"age_ms"`
	// LatencyMS is how long the last playlist request took to its first byte.
	LatencyMS float64 `json:"latency_ms"`
}

// SignalStatus is one signal and every packager's status for it, in the order
// of PACKAGERS.
type SignalStatus struct {
	Signal    string           `json:"signal"`
	Packagers []PackagerStatus `json:"packagers"`
	// LastReported is set by the reporter (RFC 3339), not by discovery.
	LastReported time.Time `json:"last_reported,omitzero"`
}

// IngestReport is the body of discovery's POST /ingests: the whole of what it
// knows. A signal that is not in it is not ingested any more.
type IngestReport struct {
	Signals []SignalStatus `json:"signals"`
}

// Ingest is a row of the reporter's GET /ingests: exactly these fields.
type Ingest struct {
	Signal string `json:"signal"`
	// Packagers are the base URLs of the packagers up for the signal, in the
	// order of PACKAGERS; never nil.
	Packagers []string `json:"packagers"`
	// LastReported is in time.RFC1123, local zone.
	LastReported string `json:"last_reported"`
}

// Live is the origin's GET /live/SIGNAL: exactly these fields.
type Live struct {
	Signal string `json:"signal"`
	// Server is the playlist's URL on the active packager.
	Server string `json:"server"`
}

// Preference is the origin's GET /live/SIGNAL/packagers: who should serve the
// signal, most preferred first. Its ETag is its version: a request with
// `wait=10s` and that ETag in If-None-Match is answered when the preference
// changes, or with 304 once the wait is over.
type Preference struct {
	Signal string `json:"signal"`
	// Active is the base URL of the packager to play from, empty when none is
	// usable.
	Active string `json:"active"`
	// Held: an operator holds Active until it is released or fails.
	Held      bool             `json:"held,omitempty"`
	Packagers []PackagerStatus `json:"packagers"`
}

// Moved is a row of the answer to the origin's POST /failover: where a signal is
// played from now.
type Moved struct {
	Signal string `json:"signal"`
	// From and To are base URLs of packagers; From is empty when none was active.
	From string `json:"from"`
	To   string `json:"to"`
}

// FailoverRequest is the body of the origin's POST /failover.
type FailoverRequest struct {
	// Signal is the one to move; every signal when empty.
	Signal string `json:"signal,omitempty"`
}

// HoldRequest is the body of the origin's POST /hold.
type HoldRequest struct {
	// Signal is the one that is held; every signal when empty.
	Signal string `json:"signal,omitempty"`
	// Packager is the base URL to play from until it is released or fails; empty
	// releases.
	Packager string `json:"packager,omitempty"`
}

// Held is a row of the answer to the origin's POST /hold.
type Held struct {
	Signal string `json:"signal"`
	// Active is played from now, Held whether an operator holds it.
	Active string `json:"active"`
	Held   bool   `json:"held"`
}

// Error is the JSON body of every error answer.
type Error struct {
	Error string `json:"error"`
}
