package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"livestream-tui/services/kit/event"
)

// Event is something that happened to a platform.
type Event struct {
	Time time.Time
	// Process is the name of the process; empty for an event of the whole platform.
	Process string
	// Machine is the machine that it happened on; empty for the own machine, and without a
	// cluster.
	Machine string
	// What is what happened; nil when the event only carries Dropped.
	What What
	// Dropped is how many events this subscriber missed just before this one.
	Dropped int
}

// What is one of Changed, Commanded, Drilled, Started, Ended, Exit, Aired, Averted, Logged,
// event.Failover, event.Serving, event.Outage, event.Input and event.Film. On the wire it is the field
// with the name of its kind.
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

// kinds has each kind of event with its decoder. A new kind of event is a row here.
func kinds() []kindOf {
	return []kindOf{
		{kindStatus, decode[Changed]},
		{event.KindFailover, decode[event.Failover]},
		{event.KindServing, decode[event.Serving]},
		{event.KindOutage, decode[event.Outage]},
		{event.KindInput, decode[event.Input]},
		{event.KindFilm, decode[event.Film]},
		{kindCommand, decode[Commanded]},
		{kindDrill, decode[Drilled]},
		{kindStarted, decode[Started]},
		{kindEnded, decode[Ended]},
		{kindExit, decode[Exit]},
		{kindAir, decode[Aired]},
		{kindAverted, decode[Averted]},
		{kindLog, decode[Logged]},
	}
}

type kindOf struct {
	kind   event.Kind
	decode func(b []byte) (What, error)
}

func decode[W What](b []byte) (What, error) {
	var w W
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // keeps all digits of numbers in log lines
	err := d.Decode(&w)
	return w, err
}

// envelope is an Event on the wire, without the field of its kind.
type envelope struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process,omitempty"`
	Machine string    `json:"machine,omitempty"`
	Dropped int       `json:"dropped,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (e Event) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(envelope{e.Time, e.Process, e.Machine, e.Dropped})
	if err != nil || e.What == nil {
		return b, err
	}
	kind := e.What.Kind()
	if !slices.ContainsFunc(kinds(), func(k kindOf) bool { return k.kind == kind }) {
		return nil, fmt.Errorf("event of kind %s: not an event of a platform", kind)
	}
	what, err := json.Marshal(e.What)
	if err != nil {
		return nil, err
	}
	b = fmt.Appendf(b[:len(b)-1], ",%q:", string(kind)) // in the place of the closing brace
	return append(append(b, what...), '}'), nil
}

// UnmarshalJSON implements json.Unmarshaler. What is nil when only a later version knows
// its kind.
func (e *Event) UnmarshalJSON(b []byte) error {
	var v envelope
	var fields map[event.Kind]json.RawMessage
	if err := errors.Join(json.Unmarshal(b, &v), json.Unmarshal(b, &fields)); err != nil {
		return err
	}
	*e = Event{Time: v.Time, Process: v.Process, Machine: v.Machine, Dropped: v.Dropped}
	for _, k := range kinds() {
		if what, is := fields[k.kind]; is {
			var err error
			if e.What, err = k.decode(what); err != nil {
				return err
			}
		}
	}
	return nil
}
