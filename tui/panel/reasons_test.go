package panel

import (
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
)

func TestAReasonIsGivenInTheWordsThatFit(t *testing.T) {
	converts := &event.Progress{Signal: "live01", Stage: "mezzanine", Percent: 45}
	for name, c := range map[string]struct {
		state    platform.State
		progress *event.Progress
		why      string
		want     map[int]string // by width
	}{
		"a backoff": {platform.Backoff, nil, "exit status 1, restarting in 1.6s", map[int]string{
			40: "exit status 1, restarting in 1.6s", 26: "exit 1, back in 1.6s", 12: "back in 1.6s",
		}},
		"it has failed": {platform.Failed, nil, "exit status 1; it keeps ending; trying again in 1m0s", map[int]string{
			60: "exit status 1; it keeps ending; trying again in 1m0s", 40: "exit 1; it keeps ending; again in 1m0s", 27: "exit 1; again in 1m0s", 14: "again in 1m0s",
		}},
		"it waits":    {platform.Waiting, nil, "waiting for reporter", map[int]string{25: "waiting for reporter", 15: "for reporter"}},
		"it converts": {platform.Starting, converts, "mezzanine of live01 45 %", map[int]string{30: "mezzanine of live01 45 %", 20: "mezzanine 45 %", 5: "45 %"}},
		"a sentence":  {platform.Degraded, nil, "the disk is full: 12 MB are free, and more is needed", map[int]string{40: "the disk is full: 12 MB are free", 20: "the disk is full", 12: "the disk …"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := platform.Process{Status: platform.Status{State: c.state}, Progress: c.progress}
			for w, want := range c.want {
				if got := canvas.Fitting(w, "…", reasons(&p, c.why)...); got != want {
					t.Errorf("in %d cells: got %q, want %q", w, got, want)
				}
			}
		})
	}
}
