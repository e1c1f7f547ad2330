package local

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform/platformtest"
)

// TestLinesAtOnceAreAsOneAfterTheOther holds a block of log against its lines.
func TestLinesAtOnceAreAsOneAfterTheOther(t *testing.T) {
	came := time.Now()
	for name, lines := range map[string][]string{
		"two":                 {"one", "two"},
		"empty ones":          {"", "", "x", ""},
		"more than are kept":  {"1", "2", "3", "4", "5", "6", "7"},
		"larger than a piece": {strings.Repeat("x", roomSize), "y"},
	} {
		one, block := newRing(4), newRing(4)
		for _, l := range lines {
			one.addQuiet("p", []byte(l), came)
		}
		raw := []byte(strings.Join(lines, "\n") + "\n")
		block.addQuietLines("p", raw, came)
		copy(raw, strings.Repeat("z", len(raw))) // the caller uses it again
		if got, want := fmt.Sprint(block.after(0, 10)), fmt.Sprint(one.after(0, 10)); got != want {
			t.Errorf("%s: got %.200s, want %.200s", name, got, want)
		}
	}
}

// TestABlockWithAnEventIsLookedAtLineByLine is what keeps an event in a flood from being lost.
func TestABlockWithAnEventIsLookedAtLineByLine(t *testing.T) {
	flood := strings.Repeat(`{"@level":"info","@message":"segment served"}`+"\n", 50)
	for line, taken := range map[string]bool{
		`{"@level":"info","@message":"m"}`:  true,
		"text":                              true,
		`{"@level":"warn","@message":"m"}`:  false,
		`{"@level":"error","@message":"m"}`: false,
		`{"@level":"info","@message":"m","event":"viewing","signal":"live01"}`: false,
	} {
		for where, block := range map[string]string{"first": line + "\n" + flood, "within": flood + line + "\n" + flood, "last": flood + line + "\n"} {
			l := platformOf(t, platformtest.Supervisor{})
			if got := l.OnLines("viewer", []byte(block)); got != taken {
				t.Errorf("%s, %s: got taken %t, want %t", line, where, got, taken)
			}
			want := uint64(0)
			if taken {
				want = uint64(bytes.Count([]byte(block), []byte("\n")))
			}
			if got := l.lines.newest(); got != want {
				t.Errorf("%s, %s: got %d lines, want %d", line, where, got, want)
			}
		}
	}
}

// TestABlockOfQuietLinesCostsNoMemoryOfItsOwn is what a flood of log is bounded by.
func TestABlockOfQuietLinesCostsNoMemoryOfItsOwn(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	block := slices.Repeat([]byte(`{"@level":"info","@message":"segment served","path":"/live01/segment.1.m4s"}`+"\n"), 10)
	if n := testing.AllocsPerRun(1000, func() { l.OnLines("proxy", block) }); n >= 1 {
		t.Errorf("got %.0f allocations a block, want less than one", n)
	}
}
