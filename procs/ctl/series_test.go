package ctl

import (
	"fmt"
	"strings"
	"testing"

	"livestream-tui/procs/onair/seriestest"
	"livestream-tui/procs/platform"
)

func TestTheStatusBeginsWithTheStateOfTheSnapshot(t *testing.T) {
	seriestest.Each(t, func(t *testing.T, series []platform.Snapshot) {
		for i, s := range series {
			var out strings.Builder
			if err := WriteStatus(&out, s); err != nil {
				t.Fatal(err)
			}
			want := strings.ToUpper(s.OnAir.State.String()) + " "
			if s.OnAir.State == platform.AirOffSoon {
				worst, _, _ := s.OnAir.Worst()
				want = fmt.Sprintf("OFF AIR IN %.0fs ", worst.Left(s.At).Seconds())
				for _, c := range worst.Mends {
					if !strings.Contains(out.String(), "\nmend") || !strings.Contains(out.String(), " livestream-tui ctl "+c.Action.String()+" "+c.Process+"\n") {
						t.Errorf("snapshot %d: want %s %s as what mends it:\n%s", i, c.Action, c.Process, out.String())
					}
				}
			}
			if !strings.HasPrefix(out.String(), want) {
				t.Errorf("snapshot %d: got %.40q, want %q", i, out.String(), want)
			}
			if p, ok := s.Active("live01"); ok && !strings.Contains(out.String(), "live01 from "+p.Name) {
				t.Errorf("snapshot %d: want %s as the active packager:\n%s", i, p.Name, out.String())
			}
		}
	})
}
