package panel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair/seriestest"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

func TestTheHeaderHasTheStateOfTheSnapshot(t *testing.T) {
	seriestest.Each(t, func(t *testing.T, series []platform.Snapshot) {
		s := scene.New(layouts.Layout{}, canvas.ASCIIGlyphs())
		for i, snapshot := range series {
			s.Take(snapshot, snapshot.At)
			got := ansi.Strip(Header(&s, Bar{}, 160).String())
			want := " " + strings.ToUpper(snapshot.OnAir.State.String()) + " "
			if snapshot.OnAir.State == platform.AirOffSoon {
				worst, _, _ := snapshot.OnAir.Worst()
				want = fmt.Sprintf(" OFF AIR IN %.0fs ", worst.Left(snapshot.At).Seconds())
			}
			if !strings.Contains(got, want) {
				t.Errorf("snapshot %d: got %q, want %q in it", i, got, want)
			}
			if p, ok := snapshot.Active("live01"); ok && snapshot.OnAir.State == platform.AirOn && !strings.Contains(got, "via "+p.Name+" ") {
				t.Errorf("snapshot %d: got %q, want %s as the active packager", i, got, p.Name)
			}
		}
	})
}
