package report

import (
	"fmt"
)

// State is a packager's state for one signal, as seen by its observer.
// The zero value is Unknown. It travels as its lower-case name.
type State uint8

// The states of a packager, best first after Unknown. The order is not a
// ranking to compare with <: package health ranks.
const (
	Unknown    State = iota // nothing observed yet
	Up                      // serves a live, aligned playlist
	Suspect                 // answered late or failed once; still usable
	Lagging                 // behind the newest peer, but moving
	Stale                   // its playlist has not moved for too long
	Misaligned              // its segments are not its peers' segments
	Down                    // does not answer, or answers without a playlist
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

// UnmarshalText implements encoding.TextUnmarshaler; an unknown name is an
// error that lists the allowed ones.
func (s *State) UnmarshalText(b []byte) error {
	for i, name := range stateNames {
		if name == string(b) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("state %q: allowed are %v", b, stateNames)
}
