package api

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// flooded is a platform of which only the log is asked: of its lines up to newest, every tenth is
// a warning.
type flooded struct {
	platform.Platform
	newest uint64
	asked  int
	err    error
}

// Logs implements platform.Platform.
func (f *flooded) Logs(_ context.Context, since uint64, limit int) ([]platform.LogLine, error) {
	f.asked++
	of := func(urgent bool, most int) map[uint64]bool {
		chosen := map[uint64]bool{}
		for seq := f.newest; seq > since && len(chosen) < most; seq-- {
			if (seq%10 == 0) == urgent {
				chosen[seq] = true
			}
		}
		return chosen
	}
	warnings := of(true, limit)
	others := of(false, limit-len(warnings))
	var lines []platform.LogLine
	for seq := since + 1; seq <= f.newest; seq++ {
		switch {
		case warnings[seq]:
			lines = append(lines, platform.LogLine{Seq: seq, Line: event.Line{Level: event.LevelWarn}})
		case others[seq]:
			lines = append(lines, platform.LogLine{Seq: seq})
		}
	}
	return lines, f.err
}

func TestInAFloodClientsAreGivenTheSameLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &flooded{newest: 1000}
		var c shared
		ask := func(since uint64, limit int) string {
			t.Helper()
			body, err := c.of(t.Context(), p, since, limit)
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		first := ask(900, 30)
		then := *p
		for _, x := range []struct {
			name   string
			since  uint64
			limit  int
			after  time.Duration
			shared bool
		}{
			{"at once", 900, 30, 0, true},
			{"one that has seen more", 905, 30, 0, true},
			{"one that has seen less, and a warning more to see", 889, 30, 0, false},
			{"one that has seen lines of it", 970, 30, 0, false},
			{"one that takes fewer", 900, 29, 0, false},
			{"one that takes more", 900, 31, 0, false},
			{"a moment later", 900, 30, sharedFor - 1, true},
			{"later", 900, 30, sharedFor, false},
		} {
			p.newest, c = 1000, shared{}
			ask(900, 30)
			p.newest, p.asked = 1100, 0
			time.Sleep(x.after)
			got := ask(x.since, x.limit)
			if (p.asked == 0) != x.shared {
				t.Errorf("%s: asked the platform %d times, want it shared: %t", x.name, p.asked, x.shared)
			}
			want := then
			if !x.shared {
				want = *p
			}
			lines, _ := want.Logs(t.Context(), x.since, x.limit)
			if b, _ := json.Marshal(lines); got != string(b)+"\n" {
				t.Errorf("%s: got %s, want %s", x.name, got, b)
			}
		}
		if len(first) == 0 || ask(p.newest, 30) != "[]\n" {
			t.Errorf("no line: got %s, want []", ask(p.newest, 30))
		}
	})
}

func TestLinesThatAreAllThereAreNotShared(t *testing.T) {
	p := &flooded{newest: 30}
	var c shared
	for range 2 {
		if _, err := c.of(t.Context(), p, 0, 30); err != nil {
			t.Fatal(err)
		}
	}
	if p.asked != 2 {
		t.Errorf("asked the platform %d times, want 2: nothing was left out", p.asked)
	}
	p.err = errors.New("it is gone")
	if _, err := c.of(t.Context(), p, 0, 30); !errors.Is(err, p.err) {
		t.Errorf("got %v, want %v", err, p.err)
	}
}
