package control

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/report"
)

// silence is how long a viewer's word counts.
const silence = 3 * time.Second

// AirState is what the audience has. The zero value is AirUnknown.
type AirState uint8

// The states of being on air.
const (
	AirUnknown  AirState = iota // nobody who could tell has spoken lately
	AirStarting                 // nothing was shown yet
	AirOn                       // every signal plays
	AirOff                      // a signal stands still
	AirStopping                 // the platform is on its way down
)

var airStateNames = [...]string{"unknown", "starting", "on air", "off air", "stopping"}

// String returns the state's lower-case name.
func (a AirState) String() string {
	if int(a) < len(airStateNames) {
		return airStateNames[a]
	}
	return fmt.Sprintf("airstate(%d)", uint8(a))
}

// MarshalText implements encoding.TextMarshaler.
func (a AirState) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// OnAir is whether the audience sees pictures that move: the viewers' word,
// nobody else's.
type OnAir struct {
	State AirState `json:"state"`
	// Reason says why, in words; empty when on air.
	Reason string `json:"reason,omitempty"`
	// Spare: each signal has another packager that could take over at once.
	Spare bool `json:"spare"`
}

// OnAir is the light at the snapshot's time.
func (s Snapshot) OnAir() OnAir {
	o := s.light()
	o.Spare = len(s.Details) > 0
	for _, d := range s.Details {
		o.Spare = o.Spare && usable(d) > 1
	}
	return o
}

func (s Snapshot) light() OnAir {
	if s.Stopping {
		return OnAir{State: AirStopping, Reason: "the platform is stopping"}
	}
	if !slices.ContainsFunc(s.Processes, func(p Process) bool { return p.Service == "viewer" }) {
		return OnAir{State: AirUnknown, Reason: "this layout runs no viewer that could tell"}
	}
	var off, quiet, starting []string
	heard := 0
	for _, v := range s.Viewings {
		switch age := s.At.Sub(v.Time); {
		case age > silence && s.forgotten(v):
			continue // nobody plays it any more, nobody speaks of it
		case age > silence:
			quiet = append(quiet, fmt.Sprintf("%s has said nothing of %s for %s", v.Process, v.Signal, brief(age)))
		case v.State == report.ViewStalled:
			off = append(off, fmt.Sprintf("%s has stood still for %s", v.Signal, time.Duration(v.StalledForMS)*time.Millisecond))
		case v.State == report.ViewStarting:
			starting = append(starting, v.Signal+" has not been shown yet")
		}
		heard++
	}
	switch {
	case len(off) > 0:
		return OnAir{State: AirOff, Reason: strings.Join(off, ", ")}
	case len(quiet) > 0:
		return OnAir{State: AirUnknown, Reason: strings.Join(quiet, ", ")}
	case len(starting) > 0:
		return OnAir{State: AirStarting, Reason: strings.Join(starting, ", ")}
	case heard == 0:
		return OnAir{State: AirStarting, Reason: s.unready()}
	}
	return OnAir{State: AirOn}
}

// forgotten reports whether a viewer that works is silent because the signal is no
// longer one.
func (s Snapshot) forgotten(v ViewingAt) bool {
	p, ok := s.Process(v.Process)
	return ok && p.State == procs.Ready && !p.Paused && len(s.Live) > 0 &&
		!slices.ContainsFunc(s.Live, func(l report.Live) bool { return l.Signal == v.Signal })
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
