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
	AirOffSoon                  // it plays what players hold, and nothing more comes
)

var airStateNames = [...]string{"unknown", "starting", "on air", "off air", "stopping", "ended", "off air soon"}

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
	// LastOutage is the latest outage that has ended; nil when there was none. LastHour is
	// how much of the last hour was on air; nil before the first picture.
	LastOutage *event.Outage `json:"last_outage,omitempty"`
	LastHour   *Availability `json:"last_hour,omitempty"`
}

// Availability is for how much of a time every signal that was due was on air.
type Availability struct {
	// Since is when the time begins: an hour ago, but not before the first picture, nor
	// before the outages that are known.
	Since time.Time `json:"since"`
	// OffMS is how long a signal was off air since then.
	OffMS int64 `json:"off_ms"`
	// Percent is the rest, rounded down to hundredths.
	Percent float64 `json:"percent"`
}

// Worst returns the light that makes the state what it is: of those that are off air the one
// that has been so for longest, of those that will be the first; false when no signal that is
// due has the state. More is how many others have it.
func (o OnAir) Worst() (worst SignalAir, more int, found bool) {
	list := o.InState(o.State)
	for _, l := range list {
		if !found || l.before(worst) {
			worst, found = l, true
		}
	}
	return worst, max(0, len(list)-1), found
}

// Count returns how many of the signals that are due are on air, those that soon will not be
// among them, and how many are due.
func (o OnAir) Count() (on, due int) {
	for _, l := range o.Signals {
		if l.Due {
			due++
			if l.State == AirOn || l.State == AirOffSoon {
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
	// Until is when the picture will stand still, unless more media comes: the end of what
	// the viewer holds and the proxy lists. It is zero unless State is AirOffSoon.
	Until time.Time `json:"until,omitzero"`
	// LastSegment is when the newest segment came; zero while it is not known.
	LastSegment time.Time `json:"last_segment,omitzero"`
	// Cause is what nothing comes from, when State is AirOffSoon or AirOff; empty while it is
	// not known. Mends are the commands that mend it, the likeliest first; none where it mends
	// itself, or nothing of this platform does.
	Cause AirCause  `json:"cause,omitempty"`
	Mends []Command `json:"mends,omitempty"`
	// By is the command that took away what the signal lacks; nil when none did.
	By *CommandedAt `json:"by,omitempty"`
}

// AirCause is why a signal gets no new media.
type AirCause string

// The causes.
const (
	NoReceiver AirCause = "no receiver" // the signal is live, and no receiver works
	NoWorker   AirCause = "no worker"   // no worker of the signal works
	NoPackager AirCause = "no packager" // no packager of the signal is usable
	NoProxy    AirCause = "no proxy"    // no proxy works
	DiskFull   AirCause = "disk full"   // its worker has no room for new segments
	NoSegment  AirCause = "no segment"  // all work, as far as is known, and no new segment comes
)

// Left returns how long the picture still moves, in whole seconds, the last one counted as
// one; zero unless the state is AirOffSoon.
func (l SignalAir) Left(now time.Time) time.Duration {
	if l.State != AirOffSoon {
		return 0
	}
	return wholeSeconds(l.Until.Sub(now))
}

// wholeSeconds returns how long a countdown has left in whole seconds, the last one counted
// as one.
func wholeSeconds(left time.Duration) time.Duration {
	return max(0, (left + time.Second - 1).Truncate(time.Second))
}

// before reports whether l is worse than another light of the same state.
func (l SignalAir) before(o SignalAir) bool {
	if l.State == AirOffSoon {
		return l.Until.Before(o.Until)
	}
	return l.began().Before(o.began())
}

// began is when the state began, off air that of the outage.
func (l SignalAir) began() time.Time {
	if l.Outage != nil {
		return l.Outage.Since
	}
	return l.Since
}
