package event

// Serving reports how the proxy serves a playlist from now on.
type Serving struct {
	// Playlist is its path and query at the proxy.
	Playlist string `json:"playlist"`
	// Mode is how it is served.
	Mode ServingMode `json:"mode"`
	// Reason is why it is not merged, in words; empty when it is.
	Reason string `json:"reason,omitempty"`
	// Degraded is true when players notice a failover. A multivariant playlist and a
	// recording are passed through without being degraded: they have nothing to merge.
	Degraded bool `json:"degraded"`
}

// Kind returns KindServing.
func (Serving) Kind() Kind { return KindServing }

func (Serving) isEvent() {}

// ServingMode is how the proxy serves a playlist.
type ServingMode string

// The modes of a playlist.
const (
	ServingMerged        ServingMode = "merged"         // from all packagers
	ServingPassedThrough ServingMode = "passed through" // as one packager has it
	ServingForwarded     ServingMode = "forwarded"      // request by request
	ServingRefused       ServingMode = "refused"        // as the packagers refuse it
	ServingNotFollowed   ServingMode = "not followed"   // no longer: it is not requested
)
