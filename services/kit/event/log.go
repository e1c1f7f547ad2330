package event

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A log line carries an event: its field `event` is the kind, its other fields are
// those of the event.

// kindField is the field of a line that names the kind of its event.
const kindField = "event"

// Logger is the part of hclog.Logger that Emit and Alert need.
type Logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

// Emit logs e at level info: message for people, e's fields for programs.
func Emit(l Logger, message string, e Event) { l.Info(message, argsOf(e)...) }

// Alert is Emit at level warn.
func Alert(l Logger, message string, e Event) { l.Warn(message, argsOf(e)...) }

// argsOf flattens an event to hclog's list of keys and values, the kind first, then the
// fields in the order of the struct.
func argsOf(e Event) []any {
	args := []any{kindField, string(e.Kind())}
	b, err := json.Marshal(e)
	if err != nil {
		return append(args, "event_error", err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	for {
		tok, err := dec.Token()
		if err != nil {
			return args
		}
		switch tok := tok.(type) {
		case json.Delim: // events are flat: the braces of the struct
		case json.Number:
			args = append(args, number(tok))
		default:
			args = append(args, tok)
		}
	}
}

func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}

// KindOf returns the kind of the event that a line carries, known or not; empty when it
// carries none.
func KindOf(l Line) Kind { return Kind(l.Field(kindField)) }

// EventOf returns the event that a line carries; false when it carries none, or one of
// a kind that this version does not know. The error names the field of a known kind
// that is malformed.
func EventOf(l Line) (Event, bool, error) {
	kind := KindOf(l)
	if kinds[kind] == nil {
		return nil, false, nil
	}
	m := make(map[string]any, len(l.Fields))
	for _, f := range l.Fields {
		m[f.Key] = f.Value
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, false, fmt.Errorf("event %q: %w", kind, err)
	}
	return Decode(kind, b)
}
