package headless

import (
	"io"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/onair/seriestest"
	"livestream-tui/procs/platform"
)

// TestARunEndsByTheStateOfTheSnapshot ends a run at each moment after it has come on air: it
// ends badly exactly where the snapshot says off air.
func TestARunEndsByTheStateOfTheSnapshot(t *testing.T) {
	seriestest.Each(t, func(t *testing.T, series []platform.Snapshot) {
		h := &headless{printer: printer{out: io.Discard}, startup: newStartup(series[0].Processes), duration: time.Nanosecond}
		for i, s := range series {
			if s.Stopping {
				break
			}
			for _, p := range s.Processes {
				h.startup.status(p.Status, s.At)
			}
			h.snapshot = s
			h.aired(s.OnAir, s.At)
			if h.onAirAt.IsZero() {
				if s.OnAir.State == platform.AirOn && h.startup.allReady() {
					t.Errorf("snapshot %d: the snapshot is on air, and the run has not come on air", i)
				}
				continue
			}
			ended, err := h.tick(s.At.Add(time.Second))
			if off := s.OnAir.State == platform.AirOff; !ended || (err != nil) != off || off && !strings.Contains(err.Error(), s.OnAir.Reason) {
				t.Errorf("snapshot %d, %s: got ended %t, %v", i, s.OnAir.State, ended, err)
			}
		}
		if h.onAirAt.IsZero() {
			t.Error("the run never came on air")
		}
	})
}
