package event

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Event is something that happened, in a form a program can read. It travels as
// a log line whose field `event` is its kind and whose other fields are its own.
type Event interface {
	// Kind is the event's name in logs, JSON and the screen.
	Kind() string
}

// Progress tells how far a long piece of work is. The supervisor's start
// timeout runs from the last one.
type Progress struct {
	Signal string `json:"signal,omitempty"`
	// Stage is what is being done, in words: "mezzanine", "test film".
	Stage string `json:"stage"`
	// Percent is 0 to 100, or -1 when it is not known.
	Percent float64 `json:"percent"`
}

// Kind returns "progress".
func (Progress) Kind() string { return "progress" }

// Failover tells that players are served from another packager than before.
type Failover struct {
	Signal string `json:"signal"`
	// From and To are base URLs of packagers; either may be empty: none.
	From string `json:"from"`
	To   string `json:"to"`
	// Cause is why, in words an operator understands: "server1 refused the connection".
	Cause string `json:"cause"`
	// MSNBefore and MSNAfter are the newest media sequence numbers served
	// before and after, -1 when unknown.
	MSNBefore int64 `json:"msn_before"`
	MSNAfter  int64 `json:"msn_after"`
	// GapMS is the longest that any player request in flight at the fault, or
	// begun before the switch was complete, waited for its next byte;
	// -1 when none was waiting.
	GapMS float64 `json:"gap_ms"`
	// Saved is how many requests were answered by another packager than the
	// one they were first sent to.
	Saved int `json:"saved"`
}

// Kind returns "failover".
func (Failover) Kind() string { return "failover" }

// Serving tells how the proxy serves a playlist from now on.
type Serving struct {
	// Playlist is its path and query at the proxy.
	Playlist string `json:"playlist"`
	// Mode is "merged" of all packagers, "passed through" as one has it, "forwarded"
	// request by request, "refused" as packagers do, or "not followed" any more.
	Mode string `json:"mode"`
	// Reason is why it is not merged, in words; empty where it is.
	Reason string `json:"reason,omitempty"`
	// Degraded: a failover shows to its players. A multivariant playlist and a recording
	// are passed through as well, and are not degraded: they have nothing to merge.
	Degraded bool `json:"degraded"`
}

// Kind returns "serving".
func (Serving) Kind() string { return "serving" }

// Logger is the part of hclog.Logger that Emit and Alert need.
type Logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

// Emit logs e at level info: message for people, e's fields for programs.
func Emit(l Logger, message string, e Event) {
	l.Info(message, append([]any{"event", e.Kind()}, fieldsOf(e)...)...)
}

// Alert is Emit at level warn.
func Alert(l Logger, message string, e Event) {
	l.Warn(message, append([]any{"event", e.Kind()}, fieldsOf(e)...)...)
}

// fieldsOf flattens a struct of plain JSON values to hclog's key, value list in
// the order of its fields.
func fieldsOf(e Event) []any {
	b, err := json.Marshal(e)
	if err != nil {
		return []any{"event_error", err.Error()}
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var args []any
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			return args
		}
		switch tok := tok.(type) {
		case json.Delim:
			if tok == '{' {
				depth++
			}
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

// EventOf returns the event that a log line carries, and false where it carries
// none or one of a kind that this version does not know. The error says which
// field of a known kind is not what it should be.
func EventOf(l Line) (Event, bool, error) {
	switch kind := l.Field("event"); kind {
	case Progress{}.Kind():
		return decode[Progress](l)
	case Failover{}.Kind():
		return decode[Failover](l)
	case Serving{}.Kind():
		return decode[Serving](l)
	case Viewing{}.Kind():
		return decode[Viewing](l)
	case Film{}.Kind():
		return decode[Film](l)
	case Outage{}.Kind():
		return decode[Outage](l)
	}
	return nil, false, nil
}

func decode[E Event](l Line) (Event, bool, error) {
	m := make(map[string]any, len(l.Fields))
	for _, f := range l.Fields {
		m[f.Key] = f.Value
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, false, fmt.Errorf("event %q: %w", l.Field("event"), err)
	}
	var e E
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, false, fmt.Errorf("event %q: %w", l.Field("event"), err)
	}
	return e, true, nil
}
