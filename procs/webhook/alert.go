package webhook

import (
	"time"

	"livestream-tui/procs/platform"
)

// Kind is what an alert is about.
type Kind string

// The kinds. Those of a condition come in pairs: one when it begins, one when it is over.
const (
	OffAir      Kind = "off_air"
	BackOnAir   Kind = "back_on_air"
	OffAirSoon  Kind = "off_air_soon" // the picture moves, and will stand still unless more media comes
	Averted     Kind = "averted"      // and it will not: more media has come
	InputLost   Kind = "input_lost"
	InputBack   Kind = "input_back"
	SlateOn     Kind = "slate_on" // players of a live signal see its slate
	SlateOff    Kind = "slate_off"
	LiveLost    Kind = "live_input_lost" // an encoder that was there before is gone
	LiveBack    Kind = "live_input_back"
	NoSpare     Kind = "no_spare"
	SpareBack   Kind = "spare_back"
	Degraded    Kind = "degraded"
	NotDegraded Kind = "not_degraded"
	DiskLow     Kind = "disk_low"
	DiskFine    Kind = "disk_fine"
	Failover    Kind = "failover"
	StillOn     Kind = "still_on" // nothing has happened: the stream is on air, and alerts arrive
)

// Phase is where in its condition an alert stands.
type Phase string

// The phases.
const (
	Begins Phase = "begins"
	Lasts  Phase = "lasts" // it has begun before; only for receivers that forget
	Ends   Phase = "ends"
	Once   Phase = "once" // it has no end
)

// Severity is how urgent an alert is.
type Severity string

// The severities.
const (
	Critical Severity = "critical" // the audience notices, or soon will
	Warning  Severity = "warning"  // the next fault may be noticed
	Info     Severity = "info"
)

// Alert is one message to a receiver, as the format json has it.
type Alert struct {
	// ID is the alert's own: it is the same each time that the alert is tried.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Condition is the kind with which the condition begins: an alert and the one that ends
	// it have the same, and the same Signal and Subject.
	Condition Kind     `json:"condition"`
	Phase     Phase    `json:"phase"`
	Severity  Severity `json:"severity"`
	// Time is when the alert was raised, Since when the condition began, which is Time for
	// one without an end.
	Time  time.Time `json:"time"`
	Since time.Time `json:"since"`
	// Signal is the signal that it is about; empty for none. Subject is what else it is
	// about: a process, a playlist or a disk; empty for none.
	Signal  string `json:"signal,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Text is the alert in words, one line.
	Text string `json:"text"`
	// OnAir is the state of the platform at Time.
	OnAir platform.AirState `json:"on_air"`
	// Layout, Host and PID tell platforms apart.
	Layout string `json:"layout"`
	Host   string `json:"host"`
	PID    int    `json:"pid"`
	// Until is when the alert counts as over, unless it is repeated; zero for one that
	// ends, or has no end.
	Until time.Time `json:"until,omitzero"`
	// Dropped is how many alerts before it found no room in the queue of this receiver.
	Dropped int `json:"dropped,omitempty"`

	// quiet is set for the end of what another alert has overtaken: only receivers that
	// keep a list need to know.
	quiet bool
}

// replaces reports whether a later alert says all that an earlier one does: both repeat the
// same.
func (a Alert) replaces(b Alert) bool {
	return a.repeats() && b.repeats() && a.Condition == b.Condition && a.Signal == b.Signal && a.Subject == b.Subject
}

// repeats reports whether the alert says nothing new.
func (a Alert) repeats() bool { return a.Phase == Lasts || a.Kind == StillOn }
