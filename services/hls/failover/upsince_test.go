package failover

import (
	"testing"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

func TestUpSince(t *testing.T) {
	var u UpSince
	at := func(after time.Duration) time.Time { return epoch.Add(after) }
	see := func(after time.Duration, states ...report.State) {
		verdicts := []health.Verdict{verdict(one, states[0], 100)}
		if len(states) > 1 {
			verdicts = append(verdicts, verdict(two, states[1], 100))
		}
		u = u.Observe(verdicts, at(after))
	}
	wants := func(packager string, now, want time.Duration) {
		t.Helper()
		switch got, up := u.For(packager, at(now)); {
		case up != (want >= 0):
			t.Errorf("%s at %s: got up %t, want %t", packager, now, up, want >= 0)
		case up && got != want:
			t.Errorf("%s at %s: got up for %s, want %s", packager, now, got, want)
		}
	}
	see(0, up, down)
	wants(one, time.Second, time.Second)
	wants(two, time.Second, -1)
	before := u
	see(time.Second, up, up)
	if _, is := before[two]; is {
		t.Error("the value before has changed")
	}
	wants(two, 3*time.Second, 2*time.Second)
	see(2*time.Second, suspect)
	wants(one, 3*time.Second, -1)
	wants(two, 3*time.Second, 2*time.Second)
	see(4*time.Second, up)
	wants(one, 4*time.Second, 0)
}
