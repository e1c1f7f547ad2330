package layouts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oneScreen is what the built-in layouts look like.
const oneScreen = `
processes: [{name: worker, service: worker}]
screens:
  - name: main
    rows:
      - {height: 7, panels: [{panel: pipeline}]}
      - {height: 11, panels: [{panel: services, weight: 3, stacked: 9}, {panel: packagers, weight: 2, stacked: 3}]}
      - {height: 8, panels: [{panel: ingest, weight: 2, stacked: 2}, {panel: events, weight: 3, stacked: 3}]}
      - {height: 8, from: 60, panels: [{panel: plots, stacked: 3}]}
      - {height: 8, panels: [{panel: logs, stacked: 4}]}
`

func mainScreen(t *testing.T) Screen {
	t.Helper()
	l, err := Parse("x.yaml", []byte(oneScreen))
	if err != nil {
		t.Fatal(err)
	}
	return l.Screens[0]
}

// contents are those of a platform of eight processes.
func contents(panel string, _ int) Content {
	return map[string]Content{
		"pipeline": {Least: 1, Want: 5, Whole: true}, "services": {Least: 5, Want: 9},
		"packagers": {Least: 2, Want: 5}, "ingest": {Least: 1}, "plots": {Least: 4, Want: 10}, "events": {Least: 1}, "logs": {Least: 2},
	}[panel]
}

func TestArrangePlacesAScreen(t *testing.T) {
	for _, c := range []struct {
		name  string
		w, h  int
		focus string
		want  []Placed
	}{
		{"wide", 120, 34, "", []Placed{
			{"pipeline", Boxed, 0, 0, 120, 7},
			{"services", Boxed, 0, 7, 72, 11}, {"packagers", Boxed, 72, 7, 48, 11},
			{"ingest", Boxed, 0, 18, 48, 8}, {"events", Boxed, 48, 18, 72, 8},
			{"logs", Boxed, 0, 26, 120, 8},
		}},
		{"roomy: no panel gets more than it can use while others can use it", 200, 58, "", []Placed{
			{"pipeline", Boxed, 0, 0, 200, 7},
			{"services", Boxed, 0, 7, 120, 11}, {"packagers", Boxed, 120, 7, 80, 11},
			{"ingest", Boxed, 0, 18, 80, 20}, {"events", Boxed, 80, 18, 120, 20},
			{"logs", Boxed, 0, 38, 200, 20},
		}},
		{"less high: the drawing becomes a line", 100, 26, "", []Placed{
			{"pipeline", Bare, 0, 0, 100, 1},
			{"services", Boxed, 0, 1, 60, 10}, {"packagers", Boxed, 60, 1, 40, 10},
			{"ingest", Boxed, 0, 11, 40, 8}, {"events", Boxed, 40, 11, 60, 8},
			{"logs", Boxed, 0, 19, 100, 7},
		}},
		{"low: no boxes", 120, 14, "", []Placed{
			{"pipeline", Bare, 0, 0, 120, 1},
			{"services", Ruled, 0, 1, 72, 6}, {"packagers", Ruled, 72, 1, 48, 6},
			{"ingest", Ruled, 0, 7, 48, 4}, {"events", Ruled, 48, 7, 72, 4},
			{"logs", Ruled, 0, 11, 120, 3},
		}},
		{"narrow: one below another", 80, 22, "", []Placed{
			{"pipeline", Bare, 0, 0, 80, 1}, {"services", Ruled, 0, 1, 80, 9}, {"packagers", Ruled, 0, 10, 80, 3},
			{"ingest", Ruled, 0, 13, 80, 2}, {"events", Ruled, 0, 15, 80, 3}, {"logs", Ruled, 0, 18, 80, 4},
		}},
		{"narrow and low: the last are left out", 40, 8, "", []Placed{
			{"pipeline", Bare, 0, 0, 40, 1}, {"services", Ruled, 0, 1, 40, 7},
		}},
		{"but not the focused one", 40, 8, "logs", []Placed{
			{"pipeline", Bare, 0, 0, 40, 1}, {"logs", Ruled, 0, 1, 40, 7},
		}},
		{"a row for high screens, focused on a lower one", 120, 59, "plots", []Placed{
			{"pipeline", Boxed, 0, 0, 120, 7},
			{"services", Boxed, 0, 7, 72, 11}, {"packagers", Boxed, 72, 7, 48, 11},
			{"ingest", Boxed, 0, 18, 48, 15}, {"events", Boxed, 48, 18, 72, 15},
			{"plots", Boxed, 0, 33, 120, 12},
			{"logs", Boxed, 0, 45, 120, 14},
		}},
		{"a row for high screens on one", 120, 60, "", []Placed{
			{"pipeline", Boxed, 0, 0, 120, 7},
			{"services", Boxed, 0, 7, 72, 11}, {"packagers", Boxed, 72, 7, 48, 11},
			{"ingest", Boxed, 0, 18, 48, 15}, {"events", Boxed, 48, 18, 72, 15},
			{"plots", Boxed, 0, 33, 120, 12},
			{"logs", Boxed, 0, 45, 120, 15},
		}},
		{"one line", 40, 1, "services", []Placed{{"services", Bare, 0, 0, 40, 1}}},
		{"no line", 40, 0, "", nil},
		{"no column", 0, 10, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, mainScreen(t).Arrange(c.w, c.h, c.focus, contents)); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
}

func TestArrangeTilesEverySizeExactly(t *testing.T) {
	crowd := Screen{Rows: []Row{{Height: 100}, {}, {Height: 1}}}
	for i := range crowd.Rows {
		for j, name := range panelNames {
			crowd.Rows[i].Panels = append(crowd.Rows[i].Panels, Panel{Name: name, Weight: 1 + 99*(j%2), Stacked: j * 20})
		}
	}
	screens := map[string]Screen{"default": mainScreen(t), "crowded": crowd, "one panel": {Rows: []Row{{Panels: []Panel{{Name: "logs"}}}}}}
	for name, s := range screens {
		for _, content := range []func(string, int) Content{nil, contents} {
			for w := 1; w <= 220; w++ {
				for _, h := range []int{1, 2, 3, 10, 24, 36} {
					checkTiling(t, name, s.Arrange(w, h, "logs", content), w, h)
				}
			}
			for h := 1; h <= 70; h++ {
				for _, w := range []int{1, 40, 99, 100, 120} {
					checkTiling(t, name, s.Arrange(w, h, "", content), w, h)
				}
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
		if p.H <= p.Frame.Lines() {
			t.Fatalf("%s at %dx%d: %+v has no line for its content", name, w, h, p)
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
			t.Fatalf("%s at %dx%d: cell %d,%d belongs to no panel", name, w, h, i%w, i/w)
		}
	}
}
