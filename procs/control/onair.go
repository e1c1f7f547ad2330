package control

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/kit/report"
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
func (o OnAir) Those(state AirState) []SignalAir {
	var list []SignalAir
	for _, l := range o.Signals {
		if l.Due && l.State == state {
			list = append(list, l)
		}
	}
	return list
}

// OnAir is the light at the snapshot's time.
func (s Snapshot) OnAir() OnAir {
	o := OnAir{Signals: s.lights()}
	o.State, o.Reason = s.word(o)
	o.Spare = len(s.Details) > 0
	for _, d := range s.Details {
		o.Spare = o.Spare && (usable(d) > 1 || slices.ContainsFunc(o.Signals, func(l SignalAir) bool { return l.Signal == d.Signal && !l.Due }))
	}
	return o
}

// word is the platform's, from the lights of its signals.
func (s Snapshot) word(o OnAir) (AirState, string) {
	if s.Stopping {
		return AirStopping, "the platform is stopping"
	}
	if !s.Watched() {
		return AirUnknown, "this layout runs no viewer that could tell"
	}
	if len(s.Viewings) == 0 && len(o.Those(AirStarting)) > 0 {
		return AirStarting, s.unready()
	}
	for _, state := range []AirState{AirOff, AirUnknown, AirStarting} {
		var reasons []string
		for _, l := range o.Those(state) {
			reasons = append(reasons, l.Reason)
		}
		if len(reasons) > 0 {
			return state, strings.Join(reasons, ", ")
		}
	}
	if on, _ := o.Count(); on > 0 {
		return AirOn, ""
	}
	if len(o.Signals) > 0 && !slices.ContainsFunc(o.Signals, func(l SignalAir) bool { return l.State != AirEnded }) {
		return AirEnded, "every signal has ended"
	}
	if len(o.Signals) > 0 && s.allReady() {
		return AirStarting, because(o.Signals[0].Signal, o.Signals[0].Reason)
	}
	return AirStarting, s.unready()
}

// Watched reports whether the layout runs a viewer, whose word the light is.
func (s Snapshot) Watched() bool {
	return slices.ContainsFunc(s.Processes, func(p Process) bool { return p.Service == "viewer" })
}

func (s Snapshot) allReady() bool {
	return !slices.ContainsFunc(s.Processes, func(p Process) bool { return p.State != procs.Ready })
}

func (s Snapshot) unready() string {
	var names []string
	for _, p := range s.Processes {
		if p.State != procs.Ready {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return "no viewer has said anything yet"
	}
	return "not ready yet: " + strings.Join(names, ", ")
}

// Process is the one of that name.
func (s Snapshot) Process(name string) (Process, bool) {
	i := slices.IndexFunc(s.Processes, func(p Process) bool { return p.Name == name })
	if i < 0 {
		return Process{}, false
	}
	return s.Processes[i], true
}

// Names are those of the processes that a may be asked of, in the layout's order;
// none for what is asked of the whole platform.
func (s Snapshot) Names(a Action) []string {
	var names []string
	for _, p := range s.Processes {
		if a != Failover && (a != Hold || isPackager(p.Service)) {
			names = append(names, p.Name)
		}
	}
	return names
}

// packager is the name of the packager at a base URL: that of our process with
// its port, else its host and port.
func (s Snapshot) packager(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	port, _ := strconv.Atoi(u.Port()) // 0 is no process's
	for _, p := range s.Processes {
		if port != 0 && p.Port == port && isPackager(p.Service) && reachable(u.Hostname()) == "localhost" {
			return p.Name
		}
	}
	return u.Host
}

// usable is how many packagers a signal could be played from now.
func usable(d report.SignalStatus) int {
	n := 0
	for _, p := range d.Packagers {
		if p.State == report.Up || p.State == report.Suspect {
			n++
		}
	}
	return n
}

// brief is a duration as people say it: two units at most.
func brief(d time.Duration) string {
	d = d.Round(time.Second)
	s, m, h := int(d.Seconds())%60, int(d.Minutes())%60, int(d.Hours())
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", s)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", m, s)
	case h < 24:
		return fmt.Sprintf("%dh%02dm", h, m)
	}
	return fmt.Sprintf("%dd%02dh", h/24, h%24)
}
