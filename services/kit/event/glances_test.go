package event

import (
	"bytes"
	"testing"
)

// FuzzAreQuiet holds a glance at many lines against one at each.
func FuzzAreQuiet(f *testing.F) {
	quiet := `{"@level":"info","@message":"segment served"}` + "\n"
	for _, seed := range []string{
		"", "\n", "text\n", quiet + quiet, quiet + "text\n" + quiet, "a\n\n" + quiet,
		quiet + `{"@level":"warn","@message":"m"}` + "\n" + quiet,
		quiet + quiet + `{"@level":"info","@message":"m","event":"failover"}` + "\n",
		`{"@level":"error","@message":"m"}` + "\n" + quiet, quiet + `{"@message":"m"}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		all := true
		for line := range bytes.Lines(b) {
			all = all && IsQuiet(bytes.TrimSuffix(line, []byte("\n")))
		}
		if got := AreQuiet(b); got && !all || !got && all && !bytes.Contains(b, eventKey) {
			t.Errorf("%q: got quiet %t, want %t as of each line", b, got, all)
		}
	})
}

func BenchmarkAreQuiet(b *testing.B) {
	line := []byte(`{"@level":"info","@message":"segment served","@module":"flood","@timestamp":"2024-04-05T11:23:05.250000Z","bytes":18230,"path":"/live42/segment.12345.m4s","status":200}` + "\n")
	lines := bytes.Repeat(line, 100)
	b.ReportAllocs()
	for b.Loop() {
		AreQuiet(lines)
	}
}
