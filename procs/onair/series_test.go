package onair_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/onair/seriestest"
	"livestream-tui/procs/platform"
)

// TestTheRecordedLightsFollowFromTheRecordedFacts computes each snapshot of the series
// again from its facts.
func TestTheRecordedLightsFollowFromTheRecordedFacts(t *testing.T) {
	seriestest.Each(t, func(t *testing.T, series []platform.Snapshot) {
		var states []platform.AirState
		for i, want := range series {
			facts := want
			facts.OnAir, facts.Packagers = platform.OnAir{}, nil
			got := onair.Complete(facts)
			if len(got.OnAir.Signals) == 0 {
				got.OnAir.Signals = want.OnAir.Signals // [] on the wire
			}
			if diff := cmp.Diff(want.OnAir, got.OnAir); diff != "" {
				t.Errorf("snapshot %d, light (-recorded +got):\n%s", i, diff)
			}
			if diff := cmp.Diff(want.Packagers, got.Packagers); diff != "" {
				t.Errorf("snapshot %d, packagers (-recorded +got):\n%s", i, diff)
			}
			if n := len(states); n == 0 || states[n-1] != want.OnAir.State {
				states = append(states, want.OnAir.State)
			}
		}
		for _, state := range []platform.AirState{platform.AirStarting, platform.AirOn, platform.AirOff} {
			if !slices.Contains(states, state) {
				t.Errorf("got the states %v, want %s among them: the series shows too little", states, state)
			}
		}
	})
}
