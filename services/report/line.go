package report

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"
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
	// Level is LevelInfo for a line that is not hclog's JSON.
	Level Level `json:"level"`
	// Module is hclog's name of the logger, empty for a line not from hclog.
	Module  string `json:"module"`
	Message string `json:"message"`
	// Fields are sorted by key, `signal` first.
	Fields []Field `json:"fields,omitempty"`
}

// Field returns the text of the field named key, empty when there is none.
func (l Line) Field(key string) string {
	for _, f := range l.Fields {
		if f.Key == key {
			return text(f.Value)
		}
	}
	return ""
}

// FieldText is the fields as `key=value` separated by single spaces.
func (l Line) FieldText() string {
	var b strings.Builder
	for i, f := range l.Fields {
		if i > 0 {
			b.WriteByte(' ')
		}
		v := text(f.Value)
		if strings.ContainsAny(v, " =\"") || v == "" {
			v = fmt.Sprintf("%q", v)
		}
		b.WriteString(f.Key + "=" + v)
	}
	return b.String()
}

func text(v any) string {
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
// which becomes a message at level info (a panic's trace, what FFmpeg says).
// It never fails. Text is cleaned of control sequences; now is the time of a
// line that carries none.
func ParseLine(b []byte, now time.Time) Line {
	var m map[string]any
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	if len(b) == 0 || b[0] != '{' || dec.Decode(&m) != nil {
		return Line{Time: now, Level: LevelInfo, Message: Clean(string(b))}
	}
	l := Line{Time: now, Level: LevelInfo, Message: Clean(str(m["@message"])), Module: Clean(str(m["@module"]))}
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
		if s, ok := v.(string); ok {
			v = Clean(s)
		}
		l.Fields = append(l.Fields, Field{Clean(k), v})
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

func str(v any) string {
	s, _ := v.(string)
	return s
}

// Clean makes foreign text fit for a terminal: escape sequences and control
// characters go, tabs and line ends become spaces, what is not UTF-8 becomes
// U+FFFD. Logs, argv, file names and upstream errors pass through it.
func Clean(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	rs := []rune(s)
	for i := 0; i < len(rs); i++ {
		switch r := rs[i]; {
		case r == 0x1b:
			i = skipEscape(rs, i)
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r < 0x20, r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f:
			// C0, C1 and the marks that turn text around are dropped.
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// skipEscape returns the index of the last rune of the escape sequence that
// begins at rs[i] (ECMA-48: CSI, the string sequences, two-character ones).
func skipEscape(rs []rune, i int) int {
	if i+1 >= len(rs) {
		return i
	}
	switch rs[i+1] {
	case '[':
		for j := i + 2; j < len(rs); j++ {
			if rs[j] >= 0x40 && rs[j] <= 0x7e {
				return j
			}
		}
		return len(rs) - 1
	case ']', 'P', 'X', '^', '_':
		for j := i + 2; j < len(rs); j++ {
			if rs[j] == 0x07 || rs[j] == 0x9c {
				return j
			}
			if rs[j] == 0x1b && j+1 < len(rs) && rs[j+1] == '\\' {
				return j + 1
			}
		}
		return len(rs) - 1
	}
	return i + 1
}
