package platform

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/kit/event"
)

// AirState is what the audience gets of a signal, or of all signals that are due. The zero
// value is AirUnknown.
type AirState uint8

// The states of being on air.
const (
	AirUnknown  AirState = iota // no recent report of a viewer
	AirStarting                 // not shown yet
	AirOn                       // it plays; of the platform: every signal that is due plays
	AirOff                      // it stands still; of the platform: a signal that is due stands still
	AirStopping                 // the platform is shutting down
	AirEnded                    // the signal has ended
)

var airStateNames = [...]string{"unknown", "starting", "on air", "off air", "stopping", "ended"}

// String returns the state's lower-case name.
func (a AirState) String() string {
	if int(a) < len(airStateNames) {
		return airStateNames[a]
	}
	return fmt.Sprintf("airstate(%d)", uint8(a))
}

// MarshalText implements encoding.TextMarshaler.
func (a AirState) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. The error lists the allowed names.
func (a *AirState) UnmarshalText(b []byte) error {
	i := slices.Index(airStateNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("air state %q: allowed are %v", b, airStateNames)
	}
	*a = AirState(i)
	return nil
}

// OnAir is whether the audience sees moving pictures. Only viewers' reports decide it.
type OnAir struct {
	// State is the worst of the signals that are due.
	State AirState `json:"state"`
	// Since is when the state began, off air that of the longest outage; zero when it is
	// not known.
	Since time.Time `json:"since,omitzero"`
	// Reason explains the state in words, without numbers that keep changing; empty when on
	// air.
	Reason string `json:"reason,omitempty"`
	// Spare is set when each signal that is due has another packager that can take over at
	// once.
	Spare bool `json:"spare"`
	// Signals has the light of each signal, in order of name.
	Signals []SignalAir `json:"signals"`
}

// Count returns how many of the signals that are due are on air, and how many are due.
func (o OnAir) Count() (on, due int) {
	for _, l := range o.Signals {
		if l.Due {
			due++
			if l.State == AirOn {
				on++
			}
		}
	}
	return on, due
}

// InState returns the lights of the signals that are due and in that state.
func (o OnAir) InState(state AirState) []SignalAir {
	var list []SignalAir
	for _, l := range o.Signals {
		if l.Due && l.State == state {
			list = append(list, l)
		}
	}
	return list
}

// SignalAir is the light of one signal.
type SignalAir struct {
	Signal string   `json:"signal"`
	State  AirState `json:"state"`
	// Since is when the state began; zero when it is not known.
	Since time.Time `json:"since,omitzero"`
	// Reason explains the state in words, without numbers that keep changing; empty when on
	// air.
	Reason string `json:"reason,omitempty"`
	// Due is set when the audience expects the signal. A signal that is not due yet, or no
	// longer, is not a failure.
	Due bool `json:"due"`
	// Outage is the current outage; nil when there is no outage.
	Outage *event.Outage `json:"outage,omitempty"`
}
