package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"livestream-tui/services/kit/text"
)

// Level is a log level, ordered from the least to the most urgent.
type Level uint8

// The levels of hclog.
const (
	LevelTrace Level = iota
	LevelDebug
	LevelInfo
	LevelWarn
	LevelError
)

var levelNames = [...]string{"trace", "debug", "info", "warn", "error"}

// String returns hclog's lower-case name of the level.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level(%d)", uint8(l))
}

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Level) UnmarshalText(b []byte) error {
	for i, name := range levelNames {
		if name == string(b) {
			*l = Level(i)
			return nil
		}
	}
	return fmt.Errorf("level %q: allowed are %v", b, levelNames)
}

// Field is one key and value of a log line.
type Field struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// Line is one line that a child wrote to its log.
type Line struct {
	Time time.Time `json:"time"`
	// Level is LevelInfo when the line is not hclog's JSON.
	Level Level `json:"level"`
	// Module is hclog's name of the logger; empty when the line is not from hclog.
	Module  string `json:"module"`
	Message string `json:"message"`
	// Fields are sorted by key, `signal` first.
	Fields []Field `json:"fields,omitempty"`
}

// Field returns the text of the field named key; empty when there is none.
func (l Line) Field(key string) string {
	for _, f := range l.Fields {
		if f.Key == key {
			return textOf(f.Value)
		}
	}
	return ""
}

// FieldText returns the fields as `key=value`, separated by single spaces.
func (l Line) FieldText() string {
	var b strings.Builder
	for i, f := range l.Fields {
		if i > 0 {
			b.WriteByte(' ')
		}
		v := textOf(f.Value)
		if strings.ContainsAny(v, " =\"") || v == "" {
			v = fmt.Sprintf("%q", v)
		}
		b.WriteString(f.Key + "=" + v)
	}
	return b.String()
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// ParseLine reads one line of a child's log: hclog's JSON, or any other text,
// which becomes a message at level info (a panic's trace, FFmpeg's output).
// It never fails. Text is cleaned of control sequences; now is the time of a
// line that has none.
func ParseLine(b []byte, now time.Time) Line {
	m, ok := hclogEntry(b)
	if !ok {
		return Line{Time: now, Level: LevelInfo, Message: text.Clean(string(b))}
	}
	l := Line{Time: now, Level: LevelInfo, Message: text.Clean(str(m["@message"])), Module: text.Clean(str(m["@module"]))}
	if t, err := time.Parse(time.RFC3339Nano, str(m["@timestamp"])); err == nil {
		l.Time = t
	}
	if err := l.Level.UnmarshalText([]byte(str(m["@level"]))); err != nil {
		l.Level = LevelInfo
	}
	for k, v := range m {
		if strings.HasPrefix(k, "@") {
			continue
		}
		l.Fields = append(l.Fields, Field{text.Clean(k), cleanValue(v)})
	}
	sort.Slice(l.Fields, func(i, j int) bool {
		a, b := l.Fields[i].Key, l.Fields[j].Key
		if (a == "signal") != (b == "signal") {
			return a == "signal"
		}
		return a < b
	})
	return l
}

// hclogEntry decodes a line of hclog's JSON. Other JSON, such as FFmpeg's or a player's
// own log, is refused: it is shown as text.
func hclogEntry(b []byte) (map[string]any, bool) {
	if len(b) == 0 || b[0] != '{' {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var m map[string]any
	if dec.Decode(&m) != nil {
		return nil, false
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, false // two writers shared the line: show all of it
	}
	_, level := m["@level"].(string)
	_, message := m["@message"].(string)
	return m, level && message
}

// cleanValue cleans every string in a decoded JSON value.
func cleanValue(v any) any {
	switch v := v.(type) {
	case string:
		return text.Clean(v)
	case []any:
		for i := range v {
			v[i] = cleanValue(v[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for k, of := range v {
			clean[text.Clean(k)] = cleanValue(of)
		}
		return clean
	}
	return v
}

func str(v any) string {
	s, _ := v.(string)
	return s
}
