package api

import (
	"fmt"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// hundred is a snapshot of a hundred signals.
func hundred() platform.Snapshot {
	s := platform.Snapshot{Version: 7, Started: time.Unix(1, 0), At: time.Unix(100, 0), OnAir: platform.OnAir{State: platform.AirOn}}
	for i := range 100 {
		name := fmt.Sprintf("live%02d", i)
		s.Viewings = append(s.Viewings, platform.ViewingAt{Time: s.At, Process: "viewer", Viewing: event.Viewing{Signal: name, State: event.ViewPlaying}})
		s.OnAir.Signals = append(s.OnAir.Signals, platform.SignalAir{Signal: name, State: platform.AirOn, Due: true})
	}
	return s
}

func TestASnapshotIsEncodedOnceForAllClients(t *testing.T) {
	var e encoded
	s := hundred()
	tag, first, err := e.of(s, "")
	if err != nil || len(first) == 0 || tag == "" {
		t.Fatalf("got %d bytes, tag %s, %v", len(first), tag, err)
	}
	s.LogSeq++ // it travels in a header
	if _, again, _ := e.of(s, `"another"`); &again[0] != &first[0] {
		t.Error("the next client: got it encoded again")
	}
	if n := testing.AllocsPerRun(100, func() { _, _, _ = e.of(s, tag) }); n > 0 {
		t.Errorf("a client that has it: got %.0f allocations, want none", n)
	}
	if _, body, _ := e.of(s, tag); body != nil {
		t.Error("a client that has it: got it again")
	}
	later := s
	later.At = s.At.Add(time.Second)
	if tag2, body, _ := e.of(later, tag); tag2 != tag || body != nil {
		t.Errorf("a second later nothing has changed: got tag %s after %s, %d bytes", tag2, tag, len(body))
	}
	for what, change := range map[string]func(*platform.Snapshot){
		"another version":      func(s *platform.Snapshot) { s.Version++ },
		"the light, with time": func(s *platform.Snapshot) { s.At = s.At.Add(2 * time.Second); s.OnAir.State = platform.AirUnknown },
		"another run":          func(s *platform.Snapshot) { s.Started = s.Started.Add(time.Second) },
	} {
		changed := s
		change(&changed)
		if tag2, body, _ := e.of(changed, tag); tag2 == tag || body == nil {
			t.Errorf("%s: got tag %s, %d bytes, want another", what, tag2, len(body))
		}
	}
}

func BenchmarkSnapshotOfAHundredSignals(b *testing.B) {
	s := hundred()
	b.Run("encoded", func(b *testing.B) {
		for b.Loop() {
			var e encoded
			_, _, _ = e.of(s, "")
		}
	})
	b.Run("for the next client", func(b *testing.B) {
		var e encoded
		for b.Loop() {
			_, _, _ = e.of(s, "")
		}
	})
}
