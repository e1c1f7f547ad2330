package trouble

import (
	"testing"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
)

var epoch = time.Date(2024, 4, 5, 11, 0, 0, 0, time.UTC)

func TestTrouble(t *testing.T) {
	const first = 2 * time.Second
	good, late, failed, over := Finding{Kind: Good}, Finding{Kind: Late}, Finding{Kind: Failed, Cause: "status 502"}, Finding{Kind: 255}
	for _, c := range []struct {
		name string
		// each is a Finding and how long after the one before it came; 255 is a proof.
		findings []Finding
		after    []time.Duration
		want     string // the verdict on one that is up otherwise
		wait     time.Duration
	}{
		{name: "nothing", want: "up"},
		{name: "good", findings: []Finding{good}, want: "up"},
		{name: "one failure", findings: []Finding{failed}, want: "down: segments: status 502", wait: first},
		{name: "more of the same within it", findings: []Finding{failed, failed, failed}, want: "down: segments: status 502", wait: first},
		{name: "again when it is asked for proof", findings: []Finding{failed, failed}, after: []time.Duration{0, first}, want: "down: segments: status 502", wait: 2 * first},
		{name: "and again", findings: []Finding{failed, failed, failed}, after: []time.Duration{0, first, 2 * first}, want: "down: segments: status 502", wait: 4 * first},
		{name: "proof", findings: []Finding{failed, over}, after: []time.Duration{0, first}, want: "up"},
		{name: "again after a proof: the wait doubles still", findings: []Finding{failed, over, failed}, after: []time.Duration{0, first, 0}, want: "down: segments: status 502", wait: 2 * first},
		{name: "again after a proof and use", findings: []Finding{failed, over, good, failed}, after: []time.Duration{0, first, 0, 0}, want: "down: segments: status 502", wait: first},
		{name: "good by chance while it is down proves nothing", findings: []Finding{failed, good}, want: "down: segments: status 502", wait: first},
		{name: "late once", findings: []Finding{late}, want: "suspect: late for 1 segments"},
		{name: "late, then good", findings: []Finding{late, late, good}, want: "up"},
		{name: "late three times in a row", findings: []Finding{late, late, late}, want: "down: segments: late for 3 segments in a row", wait: first},
		{name: "late three times, far apart", findings: []Finding{late, late, late}, after: []time.Duration{0, time.Second, time.Minute}, want: "suspect: late for 1 segments"},
		{name: "absent", findings: []Finding{{Kind: Absent, Cause: "msn 7, which it lists, answered status 404"}}, want: "down: segments: msn 7, which it lists, answered status 404", wait: first},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tr Record
			now := epoch
			for i, f := range c.findings {
				if i < len(c.after) {
					now = now.Add(c.after[i])
				}
				if f.Kind == 255 {
					tr = tr.Over()
					continue
				}
				tr = tr.Note(f, now, first)
			}
			v := tr.Apply(health.Verdict{State: report.Up})
			if got := v.Reason; got != c.want && (got != "" || c.want != v.State.String()) {
				t.Errorf("verdict: got %s %q, want %s", v.State, got, c.want)
			}
			if got := max(0, tr.until.Sub(now)); got != c.wait {
				t.Errorf("wait: got %s, want %s", got, c.wait)
			}
			if tr.until.IsZero() {
				return
			}
			if tr.Due(tr.until.Add(-1)) || !tr.Due(tr.until) {
				t.Errorf("due: want it from %s on", tr.until)
			}
		})
	}
	var tr Record
	now := epoch
	for range 20 {
		tr = tr.Note(failed, now, first)
		now = tr.until
	}
	if tr.wait != troubleMost {
		t.Errorf("wait at the most: got %s, want %s", tr.wait, troubleMost)
	}
	if v := tr.Apply(health.Verdict{State: report.Stale, Reason: "stale: x"}); v.Reason != "stale: x" {
		t.Errorf("a verdict that is worse by itself: got %q, want it as it is", v.Reason)
	}
	tr = Record{}.Note(late, epoch, first)
	if tr.Due(epoch) || !tr.Due(epoch.Add(lateProbe)) {
		t.Error("late: want proof to be due after lateProbe")
	}
}
