package local

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
)

func TestRingGivesLinesAfterANumber(t *testing.T) {
	r := newRing(4)
	if got := r.after(0, 10); got != nil {
		t.Errorf("an empty ring: got %v, want nothing", got)
	}
	for i := range 6 { // lines 1 to 6, of which 3 to 6 are kept
		r.add(platform.LogLine{Process: fmt.Sprint(i + 1)})
	}
	for _, c := range []struct {
		name  string
		since uint64
		limit int
		want  string
	}{
		{"all that is kept", 0, 10, "[3 4 5 6]"},
		{"no more than asked for, the newest, oldest first", 0, 2, "[5 6]"},
		{"after one that is kept", 4, 10, "[5 6]"},
		{"after the newest", 6, 10, "[]"},
		{"after a later number", 99, 10, "[]"},
		{"a limit of zero", 0, 0, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []uint64
			for _, l := range r.after(c.since, c.limit) {
				if fmt.Sprint(l.Seq) != l.Process {
					t.Errorf("line %s has number %d", l.Process, l.Seq)
				}
				got = append(got, l.Seq)
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

func TestOfTooManyLinesThoseAreKeptThatMatter(t *testing.T) {
	r := newRing(8)
	for i := range 9 { // lines 1 to 9, of which 2 to 9 are kept
		switch i + 1 {
		case 3, 4:
			r.add(platform.LogLine{Process: "p", Line: event.Line{Level: event.LevelWarn}})
		case 5:
			r.add(platform.LogLine{Process: "p", Line: event.Line{Level: event.LevelInfo}})
		default:
			r.addQuiet("p", []byte("text"), time.Now())
		}
	}
	for _, c := range []struct {
		since uint64
		limit int
		want  string
	}{
		{0, 8, "[2 3 4 5 6 7 8 9]"}, {0, 4, "[3 4 8 9]"}, {0, 3, "[3 4 9]"}, {0, 2, "[3 4]"}, {0, 1, "[4]"}, {4, 2, "[8 9]"}, {7, 2, "[8 9]"},
	} {
		var got []uint64
		for _, l := range r.after(c.since, c.limit) {
			got = append(got, l.Seq)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%d after %d: got %v, want %s", c.limit, c.since, got, c.want)
		}
	}
}

func TestALineIsParsedWhenItIsRead(t *testing.T) {
	r, came := newRing(3), time.Now()
	raw := []byte(`{"@level":"info","@message":"m1","a":1}`)
	r.addQuiet("p", raw, came)
	copy(raw, strings.Repeat("x", len(raw))) // the caller uses it again
	r.addQuiet("p", []byte("text"), came)
	if r.lines[0].line != nil {
		t.Error("got it parsed before anyone reads it")
	}
	for range 2 {
		got := r.after(0, 10)
		if len(got) != 2 || got[0].Message != "m1" || got[0].Field("a") != "1" || got[0].Process != "p" || got[0].Seq != 1 || got[1].Message != "text" || !got[1].Time.Equal(came) {
			t.Fatalf("got %+v, want m1 and text", got)
		}
	}
	if r.lines[0].line == nil {
		t.Error("got it parsed for each reader, want it parsed once")
	}
	late := numbered{kept{line: &platform.LogLine{Seq: 1}}, 1}
	r.addQuiet("p", []byte("three"), came)
	r.addQuiet("p", []byte("four"), came)
	if r.replace(late); r.lines[0].line != nil {
		t.Error("a line that has left the ring takes the place of a newer one")
	}
}

// TestAQuietLineCostsNoMemoryOfItsOwn is what a flood of log is bounded by.
func TestAQuietLineCostsNoMemoryOfItsOwn(t *testing.T) {
	l, line := platformOf(t, platformtest.Supervisor{}), []byte(`{"@level":"info","@message":"segment served","path":"/live01/segment.1.m4s"}`)
	if n := testing.AllocsPerRun(5000, func() { l.OnLine("proxy", line) }); n >= 1 {
		t.Errorf("got %.0f allocations a line, want less than one", n)
	}
}
