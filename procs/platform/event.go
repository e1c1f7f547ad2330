package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"livestream-tui/services/kit/event"
)

// Event is something that happened to a platform.
type Event struct {
	Time time.Time
	// Process is the name of the process; empty for an event of the whole platform.
	Process string
	// What is what happened; nil when the event only carries Dropped.
	What What
	// Dropped is how many events this subscriber missed just before this one.
	Dropped int
}

// What is one of Changed, event.Failover, event.Serving, event.Outage, event.Film and
// Logged. On the wire it is the field that has the name of its kind.
type What interface{ Kind() event.Kind }

// Changed is a change of a process's state.
type Changed struct{ Status }

// Logged is a line of log at level warn or above, or a message of the platform itself.
type Logged struct{ event.Line }

// The kinds of events that no service logs.
const (
	kindStatus event.Kind = "status"
	kindLog    event.Kind = "log"
)

// Kind implements What.
func (Changed) Kind() event.Kind { return kindStatus }

// Kind implements What.
func (Logged) Kind() event.Kind { return kindLog }

// Status returns the new state of a process; nil when e is another event.
func (e Event) Status() *Status {
	if c, is := e.What.(Changed); is {
		return &c.Status
	}
	return nil
}

// Log returns the line of log; nil when e is another event.
func (e Event) Log() *event.Line {
	if l, is := e.What.(Logged); is {
		return &l.Line
	}
	return nil
}

// envelope is an Event on the wire: at most one of its kinds is set.
type envelope struct {
	Time     time.Time       `json:"time"`
	Process  string          `json:"process,omitempty"`
	Status   *Status         `json:"status,omitempty"`
	Failover *event.Failover `json:"failover,omitempty"`
	Serving  *event.Serving  `json:"serving,omitempty"`
	Outage   *event.Outage   `json:"outage,omitempty"`
	Film     *event.Film     `json:"film,omitempty"`
	Log      *event.Line     `json:"log,omitempty"`
	Dropped  int             `json:"dropped,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (e Event) MarshalJSON() ([]byte, error) {
	v := envelope{Time: e.Time, Process: e.Process, Dropped: e.Dropped}
	switch what := e.What.(type) {
	case nil:
	case Changed:
		v.Status = &what.Status
	case event.Failover:
		v.Failover = &what
	case event.Serving:
		v.Serving = &what
	case event.Outage:
		v.Outage = &what
	case event.Film:
		v.Film = &what
	case Logged:
		v.Log = &what.Line
	default:
		return nil, errors.New("event of kind " + string(what.Kind()) + ": not an event of a platform")
	}
	return json.Marshal(v)
}

// UnmarshalJSON implements json.Unmarshaler. What is nil when only a later version knows
// its kind.
func (e *Event) UnmarshalJSON(b []byte) error {
	var v envelope
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // keeps all digits of numbers in log lines
	if err := d.Decode(&v); err != nil {
		return err
	}
	*e = Event{Time: v.Time, Process: v.Process, Dropped: v.Dropped}
	switch {
	case v.Status != nil:
		e.What = Changed{*v.Status}
	case v.Failover != nil:
		e.What = *v.Failover
	case v.Serving != nil:
		e.What = *v.Serving
	case v.Outage != nil:
		e.What = *v.Outage
	case v.Film != nil:
		e.What = *v.Film
	case v.Log != nil:
		e.What = Logged{*v.Log}
	}
	return nil
}
