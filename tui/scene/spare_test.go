package scene

import (
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// at is when these looks begin.
var at = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestALackOfASpareIsShownAfterFiveSeconds(t *testing.T) {
	const s = time.Second
	type step struct {
		after time.Duration
		state platform.AirState
		spare bool
		// unknown: the ingest table is not known.
		unknown bool
		want    bool
	}
	for name, steps := range map[string][]step{
		"a lack that lasts": {
			{after: 0, state: platform.AirOn, spare: true}, {after: s, state: platform.AirOn}, {after: 5900 * time.Millisecond, state: platform.AirOn},
			{after: 6 * s, state: platform.AirOn, want: true}, {after: 7 * s, state: platform.AirOn, unknown: true, want: true},
			{after: 8 * s, state: platform.AirOn, spare: true},
		},
		"a short lack": {
			{after: 0, state: platform.AirOn}, {after: 4 * s, state: platform.AirOn, spare: true}, {after: 5 * s, state: platform.AirOn}, {after: 9 * s, state: platform.AirOn},
		},
		"off air":  {{after: 0, state: platform.AirOff}, {after: 5 * s, state: platform.AirOff, want: true}},
		"starting": {{after: 0, state: platform.AirStarting}, {after: 9 * s, state: platform.AirStarting}},
		"ended":    {{after: 0, state: platform.AirEnded}, {after: 9 * s, state: platform.AirEnded}},
		"stopping": {{after: 0, state: platform.AirStopping}, {after: 9 * s, state: platform.AirStopping}},
	} {
		t.Run(name, func(t *testing.T) {
			var a spare
			for i, c := range steps {
				snapshot := platform.Snapshot{OnAir: platform.OnAir{State: c.state, Spare: c.spare}}
				if !c.unknown {
					snapshot.Details = []report.SignalStatus{{Signal: "live01"}}
				}
				a = a.next(snapshot, at.Add(c.after))
				if got := a.lacks(snapshot.OnAir, at.Add(c.after)); got != c.want {
					t.Errorf("step %d: got %t, want %t", i, got, c.want)
				}
			}
		})
	}
}
