package event

import (
	"encoding/json"
	"fmt"
)

// Event is something that happened, in a form that programs read: one of the types in
// kinds, and no other.
type Event interface {
	// Kind tells the events apart on the wire.
	Kind() Kind
	// isEvent closes the set to this package.
	isEvent()
}

// Kind is the name of a kind of event in logs, in JSON and on the screen.
type Kind string

// The kinds of events.
const (
	KindProgress Kind = "progress"
	KindFailover Kind = "failover"
	KindServing  Kind = "serving"
	KindViewing  Kind = "viewing"
	KindOutage   Kind = "outage"
	KindFilm     Kind = "film"
	KindAudience Kind = "audience"
	KindInput    Kind = "input"
)

// kinds is every kind of event with its decoder. A new event is a type with Kind and
// isEvent, and a line here.
var kinds = map[Kind]func(fields []byte) (Event, error){
	KindProgress: decode[Progress],
	KindFailover: decode[Failover],
	KindServing:  decode[Serving],
	KindViewing:  decode[Viewing],
	KindOutage:   decode[Outage],
	KindFilm:     decode[Film],
	KindAudience: decode[Audience],
	KindInput:    decode[Input],
}

// Decode returns the event of a kind from its JSON; false when this version does not
// know the kind.
func Decode(kind Kind, fields []byte) (Event, bool, error) {
	of, known := kinds[kind]
	if !known {
		return nil, false, nil
	}
	e, err := of(fields)
	if err != nil {
		return nil, false, fmt.Errorf("event %q: %w", kind, err)
	}
	return e, true, nil
}

func decode[E Event](fields []byte) (Event, error) {
	var e E
	err := json.Unmarshal(fields, &e)
	return e, err
}
