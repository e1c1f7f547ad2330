package event

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/text"
)

var (
	stamped = time.Date(2024, 4, 5, 11, 23, 5, 250_000_000, time.UTC)
	arrived = time.Date(2024, 4, 5, 11, 23, 6, 0, time.UTC)
)

func TestParseLine(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Line
	}{
		{"a line of hclog's JSON",
			`{"@level":"warn","@message":"packager is stale","@module":"discovery","@timestamp":"2024-04-05T11:23:05.250000Z","packager":"http://localhost:8080","signal":"live01","msn":927081286}`,
			Line{stamped, LevelWarn, "discovery", "packager is stale", []Field{
				{"signal", "live01"}, {"msn", json.Number("927081286")}, {"packager", "http://localhost:8080"}}}},
		{"one without a time or a level that is known",
			`{"@level":"loud","@message":"m"}`, Line{arrived, LevelInfo, "", "m", nil}},
		{"text", "panic: runtime error", Line{arrived, LevelInfo, "", "panic: runtime error", nil}},
		{"text with colours", "\x1b[1;31merror\x1b[0m: bad", Line{arrived, LevelInfo, "", "error: bad", nil}},
		{"nothing", "", Line{arrived, LevelInfo, "", "", nil}},
		{"broken JSON", `{"@level":"warn","@mess`, Line{arrived, LevelInfo, "", `{"@level":"warn","@mess`, nil}},
		{"JSON of another program", `{"level":"error","msg":"m"}`, Line{arrived, LevelInfo, "", `{"level":"error","msg":"m"}`, nil}},
		{"two writers on one line", `{"@level":"info","@message":"m"}panic: x`,
			Line{arrived, LevelInfo, "", `{"@level":"info","@message":"m"}panic: x`, nil}},
		{"control sequences in message, module, key and value, nested ones too",
			`{"@level":"info","@message":"a\u001b[31mb","@module":"m\u0007","k\u202e":"v\u0000","n":{"a\u009b":["b\u001b]0;t\u0007c"]}}`,
			Line{arrived, LevelInfo, "m", "ab", []Field{{"k", "v"}, {"n", map[string]any{"a": []any{"bc"}}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ParseLine([]byte(c.in), arrived)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestFieldText(t *testing.T) {
	l := Line{Fields: []Field{
		{"signal", "live01"}, {"cause", "connection refused"}, {"empty", ""}, {"msn", json.Number("12")},
		{"none", nil}, {"on", true}, {"list", []any{"a", json.Number("1")}},
	}}
	want := `signal=live01 cause="connection refused" empty="" msn=12 none=null on=true list="[\"a\",1]"`
	if got := l.FieldText(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := l.Field("msn"); got != "12" {
		t.Errorf("Field(msn): got %q, want 12", got)
	}
	if got := l.Field("nosuch"); got != "" {
		t.Errorf("Field(nosuch): got %q, want nothing", got)
	}
}

func TestLevelsTravelAsTheirNames(t *testing.T) {
	for l := LevelTrace; l <= LevelError; l++ {
		var back Level
		if b, err := l.MarshalText(); err != nil || back.UnmarshalText(b) != nil || back != l {
			t.Errorf("level %s: got %s, %v", l, back, err)
		}
	}
}

// wantClean fails the test where s is not as text.Clean leaves it.
func wantClean(t *testing.T, s string) {
	t.Helper()
	if clean := text.Clean(s); clean != s {
		t.Errorf("got %q, want %q", s, clean)
	}
}

func FuzzParseLine(f *testing.F) {
	for _, seed := range []string{
		"", "{", "text", `{"@level":"info","@message":"m","signal":"live01","n":1e400}`,
		`{"@level":"info","@message":"m","event":"failover","msn_before":"x"}`, `{"@level":"info","@message":"\u001b[2J","a":{"b":["\u202e"]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := ParseLine(b, arrived)
		wantClean(t, l.Message)
		wantClean(t, l.Module)
		for _, field := range l.Fields {
			wantClean(t, field.Key)
			wantClean(t, textOf(field.Value))
		}
		if e, ok, err := EventOf(l); ok && err == nil && e.Kind() != KindOf(l) {
			t.Errorf("got an event of kind %q from one named %q", e.Kind(), l.Field("event"))
		}
	})
}
