package drill

import (
	"strings"
	"testing"

	"livestream-tui/procs/onair/seriestest"
	"livestream-tui/procs/platform"
)

// TestADrillGoesByTheWordOfTheSnapshot asks at each moment whether a drill may begin: it
// may exactly where every signal that is due is on air, and else it has the snapshot's word.
func TestADrillGoesByTheWordOfTheSnapshot(t *testing.T) {
	seriestest.Each(t, func(t *testing.T, series []platform.Snapshot) {
		begins := 0
		for i, s := range series {
			_, err := witnesses(s)
			on, due := s.OnAir.Count()
			for _, l := range s.OnAir.Signals {
				if l.Due && l.State != platform.AirOn && (err == nil || !strings.Contains(err.Error(), l.Signal+" is "+l.State.String()+" ")) {
					t.Errorf("snapshot %d: got %v, want that %s is %s", i, err, l.Signal, l.State)
				}
			}
			if s.OnAir.State == platform.AirOn && on == due && err == nil {
				begins++
			}
			if s.OnAir.State == platform.AirOff && err == nil {
				t.Errorf("snapshot %d: a drill begins while the platform is off air", i)
			}
		}
		if begins == 0 {
			t.Error("no drill could begin at any moment")
		}
	})
}
