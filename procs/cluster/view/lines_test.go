package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

func TestEachLineOfEachMachineComesOnceAndInOrder(t *testing.T) {
	for seed := range uint64(50) {
		chance := rand.New(rand.NewPCG(seed, 1))
		var l lines
		var own, all []platform.LogLine
		var known uint64 // what the client has
		var got []string
		take := func() {
			newest := uint64(len(own))
			l.tell(newest)
			if l.newest(newest) <= known {
				return
			}
			from := l.before(known)
			for _, line := range l.merge(own[from:], known, 1<<20) {
				if line.Seq <= known {
					t.Fatalf("seed %d: line %d after %d", seed, line.Seq, known)
				}
				known = line.Seq
				got = append(got, line.Message)
			}
		}
		for i := range 300 {
			line := platform.LogLine{Line: event.Line{Message: fmt.Sprint(i)}}
			switch chance.IntN(4) {
			case 0:
				own = append(own, platform.LogLine{Seq: uint64(len(own) + 1), Line: line.Line})
				all = append(all, line)
			case 1: // a look that saw the own machine as it was a while ago
				seen := uint64(len(own)) - min(uint64(chance.IntN(4)), uint64(len(own)))
				l.add(seen, []platform.LogLine{line})
				all = append(all, line)
			default:
				take()
			}
		}
		take()
		want := make([]string, len(all))
		for i, line := range all {
			want[i] = line.Message
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %d lines %v, want %d %v", seed, len(got), got, len(want), want)
		}
	}
}

func TestOfTooManyLinesTheUrgentAndTheNewestAreGiven(t *testing.T) {
	var l lines
	own := []platform.LogLine{{Seq: 1, Line: event.Line{Message: "own warning", Level: event.LevelWarn}}, {Seq: 2, Line: event.Line{Message: "own", Level: event.LevelInfo}}}
	l.add(2, []platform.LogLine{{Line: event.Line{Message: "other 1", Level: event.LevelInfo}}, {Line: event.Line{Message: "other 2", Level: event.LevelInfo}}})
	var got []string
	for _, line := range l.merge(own, 0, 2) {
		got = append(got, line.Message)
	}
	if want := []string{"own warning", "other 2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := l.merge(own, 0, 0); len(got) != 0 {
		t.Errorf("limit 0: got %d lines", len(got))
	}
}

func TestOldLinesOfOtherMachinesAreForgotten(t *testing.T) {
	var l lines
	for i := range 2 * linesKept {
		l.add(uint64(i), []platform.LogLine{{}})
	}
	if len(l.inserted) != linesKept || l.newest(2*linesKept) != 4*linesKept {
		t.Errorf("kept %d lines, the newest is %d", len(l.inserted), l.newest(2*linesKept))
	}
	if got := l.before(l.newest(2 * linesKept)); got != 2*linesKept {
		t.Errorf("the own newest: got %d", got)
	}
}
