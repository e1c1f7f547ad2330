package event

import (
	"bytes"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestOnlyALineThatSaysNothingIsQuiet(t *testing.T) {
	for line, want := range map[string]bool{
		"": true, "panic: no": true, "[info] text": true,
		`{"@level":"info","@message":"segment served","path":"/a.m4s"}`: true,
		`{"@level":"debug","@message":"m"}`:                             true,
		`{"@level":"trace","@message":"m"}`:                             true,
		`{"@level":"warn","@message":"m"}`:                              false,
		`{"@level":"error","@message":"m"}`:                             false,
		`{"@level":"information","@message":"m"}`:                       false,
		`{"@message":"m","@level":"info"}`:                              false,
		`{ "@level":"info","@message":"m"}`:                             false,
		`{"@level":"info","@message":"m","event":"viewing"}`:            false,
		`{"@level":"info","@message":"m","event" : "viewing"}`:          false,
		`{"level":"error","msg":"of another program"}`:                  false,
	} {
		if got := IsQuiet([]byte(line)); got != want {
			t.Errorf("%s: got quiet %t, want %t", line, got, want)
		}
	}
}

// TestNoEventIsQuiet logs each kind of event as services do.
func TestNoEventIsQuiet(t *testing.T) {
	var out bytes.Buffer
	log := hclog.New(&hclog.LoggerOptions{Name: "proxy", Output: &out, JSONFormat: true, Level: hclog.Trace})
	for kind := range kinds {
		e, _, err := Decode(kind, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		out.Reset()
		Emit(log, "m", e)
		if IsQuiet(out.Bytes()) {
			t.Errorf("%s: got quiet, want it noticed: %s", kind, out.Bytes())
		}
		out.Reset()
		log.With("a", "b").Info("m", argsOf(e)...)
		if IsQuiet(out.Bytes()) {
			t.Errorf("%s: got quiet, want it noticed: %s", kind, out.Bytes())
		}
	}
	out.Reset()
	log.Warn("m")
	if IsQuiet(out.Bytes()) {
		t.Errorf("a warning: got quiet: %s", out.Bytes())
	}
	out.Reset()
	if log.Info("segment served", "path", "/a"); !IsQuiet(out.Bytes()) {
		t.Errorf("got not quiet, want it quiet: a flood of them must be cheap: %s", out.Bytes())
	}
}

// FuzzIsQuiet holds a glance against the whole parser.
func FuzzIsQuiet(f *testing.F) {
	for _, seed := range []string{
		"", "{", "text", `{"@level":"info","@message":"m","event":"failover"}`, `{"@level":"warn","@message":"m"}`,
		`{"@level":"info","@message":"m","a":{"event":1}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !IsQuiet(b) || bytes.ContainsRune(b, '\\') || bytes.Count(b, []byte("@level")) > 1 || !bytes.Contains(b, []byte(`"@level"`)) {
			return // no logger of ours escapes a key, or writes one twice
		}
		l := ParseLine(b, arrived)
		if _, is, _ := EventOf(l); is || l.Level >= LevelWarn {
			t.Errorf("got quiet, want %q noticed: level %s, event %q", b, l.Level, KindOf(l))
		}
	})
}

func BenchmarkIsQuiet(b *testing.B) {
	line := []byte(`{"@level":"info","@message":"segment served","@module":"flood","@timestamp":"2024-04-05T11:23:05.250000Z","bytes":18230,"path":"/live42/segment.12345.m4s","status":200}`)
	b.ReportAllocs()
	for b.Loop() {
		IsQuiet(line)
	}
}

func BenchmarkParseLine(b *testing.B) {
	line := []byte(`{"@level":"info","@message":"segment served","@module":"flood","@timestamp":"2024-04-05T11:23:05.250000Z","bytes":18230,"path":"/live42/segment.12345.m4s","status":200}`)
	b.ReportAllocs()
	for b.Loop() {
		ParseLine(line, arrived)
	}
}
