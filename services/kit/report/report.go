package report

import (
	"time"
)

// Usable reports whether players can be served from a packager of that state.
func (s State) Usable() bool { return s == Up || s == Suspect }

// PackagerStatus is what is known of one packager for one signal.
type PackagerStatus struct {
	// URL is the packager's base URL without a final slash, one of PACKAGERS.
	URL string `json:"packager"`
	// State is the verdict, Reason its cause in words, empty when Up.
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
	// MSN is the newest media sequence number listed, -1 when none is known.
	MSN int64 `json:"msn"`
	// Part is the newest part of the segment after MSN, -1 in plain HLS.
	Part int `json:"part"`
	// AgeMS is how long ago MSN last grew, -1 when it was never seen to grow.
	AgeMS int64 `json:"age_ms"`
	// LatencyMS is how long the last playlist request took until its first byte.
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

// IngestReport is the body of discovery's POST /ingests: everything it knows. A signal
// that is not in it is no longer ingested.
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

// Preference is the origin's GET /live/SIGNAL/packagers: the packagers that should serve
// the signal, most preferred first. Its ETag is its version: a request with
// `wait=10s` and that ETag in If-None-Match is answered when the preference
// changes, or with 304 once the wait is over. GET /preferences is a list of all signals',
// in order of name.
type Preference struct {
	Signal string `json:"signal"`
	// Active is the base URL of the packager to play from, empty when no packager is
	// usable.
	Active string `json:"active"`
	// Held is true while an operator holds Active; it ends by a release or a failure.
	Held      bool             `json:"held,omitempty"`
	Packagers []PackagerStatus `json:"packagers"`
}

// Moved is a row of the answer to the origin's POST /failover: the packager that a
// signal is now played from.
type Moved struct {
	Signal string `json:"signal"`
	// From and To are base URLs of packagers; From is empty when no packager was active.
	From string `json:"from"`
	To   string `json:"to"`
}

// FailoverRequest is the body of the origin's POST /failover.
type FailoverRequest struct {
	// Signal is the signal to move; empty for every signal.
	Signal string `json:"signal,omitempty"`
}

// HoldRequest is the body of the origin's POST /hold.
type HoldRequest struct {
	// Signal is the signal to hold; empty for every signal.
	Signal string `json:"signal,omitempty"`
	// Packager is the base URL to play from until the hold is released or it fails; empty
	// releases the hold.
	Packager string `json:"packager,omitempty"`
}

// Held is a row of the answer to the origin's POST /hold.
type Held struct {
	Signal string `json:"signal"`
	// Active is the packager played from now; Held is true when an operator holds it.
	Active string `json:"active"`
	Held   bool   `json:"held"`
}

// Error is the JSON body of every error answer.
type Error struct {
	Error string `json:"error"`
}
