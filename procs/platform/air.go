package platform

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/kit/event"
)

// AirState is what the audience has, of a signal or of all that are due. The zero value is AirUnknown.
type AirState uint8

// The states of being on air.
const (
	AirUnknown  AirState = iota // nobody who could tell has spoken lately
	AirStarting                 // nothing was shown yet
	AirOn                       // it plays, of the platform: each signal that is due
	AirOff                      // it stands still, of the platform: a signal that is due
	AirStopping                 // the platform is on its way down
	AirEnded                    // there is no more of it, and nobody waits for more
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

// UnmarshalText implements encoding.TextUnmarshaler; a name that is no state is an
// error that lists the allowed ones.
func (a *AirState) UnmarshalText(b []byte) error {
	i := slices.Index(airStateNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("air state %q: allowed are %v", b, airStateNames)
	}
	*a = AirState(i)
	return nil
}

// OnAir is whether the audience sees pictures that move: the viewers' word,
// nobody else's.
type OnAir struct {
	// State is the worst of the signals that are due.
	State AirState `json:"state"`
	// Since is when that began, off air that of the longest outage; zero when it is not
	// known.
	Since time.Time `json:"since,omitzero"`
	// Reason says why, in words and without numbers that move; empty when on air.
	Reason string `json:"reason,omitempty"`
	// Spare: each signal that is due has another packager that could take over at once.
	Spare bool `json:"spare"`
	// Signals is the light of each signal, in order of name.
	Signals []SignalAir `json:"signals"`
}

// Count is how many of the signals that are due are on air, and how many are due.
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

// Those are the lights in a state of the signals that are due.
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
	// Since is when that began; zero when it is not known.
	Since time.Time `json:"since,omitzero"`
	// Reason says why, in words and without numbers that move; empty when on air.
	Reason string `json:"reason,omitempty"`
	// Due: the audience expects it. What is not due yet, or no more, is nobody's
	// failure.
	Due bool `json:"due"`
	// Outage is the one that lasts; nil while none does.
	Outage *event.Outage `json:"outage,omitempty"`
}

// DroppedAt is a signal that the ingest table names no more, and since when.
type DroppedAt struct {
	Time   time.Time `json:"time"`
	Signal string    `json:"signal"`
}
