package local

import (
	"fmt"
	"testing"

	"livestream-tui/procs/platform"
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
		{"no more than asked for, oldest first", 0, 2, "[3 4]"},
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
