package layouts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mainScreen(t *testing.T) Screen {
	t.Helper()
	l, err := Load(Default)
	if err != nil {
		t.Fatal(err)
	}
	return l.Screens[0]
}

func TestArrangePlacesTheDefaultScreen(t *testing.T) {
	for _, c := range []struct {
		name string
		w, h int
		want []Placed
	}{
		{"wide", 120, 28, []Placed{
			{"services", 0, 0, 72, 11}, {"packagers", 72, 0, 48, 11},
			{"ingest", 0, 11, 48, 8}, {"failovers", 48, 11, 72, 8},
			{"logs", 0, 19, 120, 9},
		}},
		{"narrow: one below another", 80, 21, []Placed{
			{"services", 0, 0, 80, 9}, {"packagers", 0, 9, 80, 3}, {"ingest", 0, 12, 80, 2},
			{"failovers", 0, 14, 80, 3}, {"logs", 0, 17, 80, 4},
		}},
		{"low too: the last are left out", 40, 8, []Placed{
			{"services", 0, 0, 40, 2}, {"packagers", 0, 2, 40, 2}, {"ingest", 0, 4, 40, 2}, {"failovers", 0, 6, 40, 2},
		}},
		{"one line", 40, 1, []Placed{{"services", 0, 0, 40, 1}}},
		{"no line", 40, 0, nil},
		{"no column", 0, 10, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, mainScreen(t).Arrange(c.w, c.h)); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
}

func TestArrangeTilesEverySizeExactly(t *testing.T) {
	crowd := Screen{Rows: []Row{{Height: 100}, {}, {Height: 1}}}
	for i := range crowd.Rows {
		for j, name := range PanelNames() {
			crowd.Rows[i].Panels = append(crowd.Rows[i].Panels, Panel{Name: name, Weight: 1 + 99*(j%2), Stacked: j * 20})
		}
	}
	for name, s := range map[string]Screen{"default": mainScreen(t), "crowded": crowd, "one panel": {Rows: []Row{{Panels: []Panel{{Name: "logs"}}}}}} {
		for w := 1; w <= 220; w++ {
			for _, h := range []int{1, 2, 3, 10, 24, 36} {
				checkTiling(t, name, s.Arrange(w, h), w, h)
			}
		}
		for h := 1; h <= 70; h++ {
			for _, w := range []int{1, 40, 99, 100, 120} {
				checkTiling(t, name, s.Arrange(w, h), w, h)
			}
		}
	}
}

// checkTiling fails unless every cell belongs to exactly one panel.
func checkTiling(t *testing.T, name string, placed []Placed, w, h int) {
	t.Helper()
	owner := make([]string, w*h)
	for _, p := range placed {
		if p.X < 0 || p.Y < 0 || p.W < 1 || p.H < 1 || p.X+p.W > w || p.Y+p.H > h {
			t.Fatalf("%s at %dx%d: %+v is not within the screen", name, w, h, p)
		}
		if h >= leastHeight && p.H < leastHeight {
			t.Fatalf("%s at %dx%d: %+v is lower than %d", name, w, h, p, leastHeight)
		}
		for y := p.Y; y < p.Y+p.H; y++ {
			for x := p.X; x < p.X+p.W; x++ {
				if o := owner[y*w+x]; o != "" {
					t.Fatalf("%s at %dx%d: cell %d,%d belongs to %s and %s", name, w, h, x, y, o, p.Panel)
				}
				owner[y*w+x] = p.Panel
			}
		}
	}
	for i, o := range owner {
		if o == "" {
			t.Fatalf("%s at %dx%d: cell %d,%d belongs to nobody", name, w, h, i%w, i/w)
		}
	}
}
