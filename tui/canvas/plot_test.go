package canvas

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPlotsAreDrawnInCells(t *testing.T) {
	ramp := []float64{0, 1, 2, 3, 4, 5, 6, 7}
	for _, c := range []struct {
		name           string
		plot           Plot
		w, h           int
		unicode, ascii string // rows, with a | at the end of each
	}{
		{"a ramp", Plot{Values: ramp, Most: 7}, 4, 2, "  ⡠⠊|⡠⠊  |", "  .'|.'  |"},
		{"nothing", Plot{Span: 8, Most: 7}, 4, 1, "    |", "    |"},
		{"zero is the lower edge", Plot{Values: []float64{0, 0, 0, 0}, Most: 7}, 2, 2, "  |⣀⣀|", "  |..|"},
		{"the most is the upper edge", Plot{Values: []float64{7, 7, 7, 7}, Most: 7}, 2, 2, "⠉⠉|  |", "''|  |"},
		{"more than the most stays inside", Plot{Values: []float64{70, 70}, Most: 7}, 1, 1, "⠉|", "'|"},
		{"a short history is at the right", Plot{Values: []float64{7, 7}, Span: 8, Most: 7}, 4, 1, "   ⠉|", "   '|"},
		{"what is missing is blank", Plot{Values: []float64{7, 7, Missing, Missing, 7, 7, Missing, Missing}, Most: 7}, 4, 1, "⠉ ⠉ |", "' ' |"},
		{"a jump is a vertical", Plot{Values: []float64{0, 0, 7, 7}, Most: 7}, 2, 2, " ⡏|⣀⠇|", " :|.'|"},
		{"a fall is one, too", Plot{Values: []float64{7, 7, 0, 0}, Most: 7}, 2, 2, "⠉⡆| ⣇|", "'.| :|"},
		{"a cell of many values has all of them", Plot{Values: []float64{7, 0, 7, 0, 7, 0, 7, 0}, Most: 7}, 1, 1, "⣿|", ":|"},
		{"one value for several cells", Plot{Values: []float64{7}, Most: 7}, 3, 1, "⠉⠉⠉|", "'''|"},
		{"without a most", Plot{Values: []float64{0, 0}}, 1, 1, "⣀|", ".|"},
		{"a mark stands where nothing is drawn", Plot{Values: []float64{0, 0, 0, 0, 0, 0, 0, 0}, Most: 7, Marks: []float64{2}}, 4, 2, "  ╎ |⣀⣀⣀⣀|", "  : |....|"},
		{"marks at both ends", Plot{Span: 8, Marks: []float64{0, 7.4}}, 4, 1, "╎  ╎|", ":  :|"},
		{"marks outside", Plot{Span: 8, Marks: []float64{-1, 8, 1e9}}, 4, 1, "    |", "    |"},
		{"no cells", Plot{Values: ramp, Most: 7}, 0, 3, "", ""},
		{"no rows", Plot{Values: ramp, Most: 7}, 3, 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, g := range []struct {
				glyphs Glyphs
				want   string
			}{{UnicodeGlyphs(), c.unicode}, {ASCIIGlyphs(), c.ascii}} {
				got := ""
				for _, l := range c.plot.Lines(g.glyphs, c.w, c.h) {
					if l.Width != c.w {
						t.Errorf("got %d cells, want %d", l.Width, c.w)
					}
					got += l.String() + "|"
				}
				if diff := cmp.Diff(strings.Split(g.want, "|"), strings.Split(got, "|")); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestCellsHaveTheInkOfTheirValues(t *testing.T) {
	ink := func(least, most float64) Ink {
		switch {
		case least == 0:
			return InkBad
		case most > 5:
			return InkGood
		}
		return InkWarn
	}
	p := Plot{Values: []float64{7, 7, 3, 3, 0, 7}, Most: 7, Ink: ink, Span: 8, Marks: []float64{7}}
	l := p.Lines(UnicodeGlyphs(), 4, 1)[0]
	var got []Ink
	for _, s := range l.Spans {
		got = append(got, s.Ink)
	}
	if want := []Ink{InkWarn, InkGood, InkWarn, InkBad}; !cmp.Equal(got, want) {
		t.Errorf("got the inks %v, want %v: a mark, then by value", got, want)
	}
	p.Ink = nil
	if got := p.Lines(UnicodeGlyphs(), 4, 1)[0].Spans[1].Ink; got != InkInfo {
		t.Errorf("without inks: got %v, want %v", got, InkInfo)
	}
}

func TestTheUpperEdgeIsARoundNumber(t *testing.T) {
	for v, want := range map[float64]float64{0: 1, -3: 1, 1: 1, 1.2: 1.5, 7: 8, 8.1: 10, 10: 10, 999: 1000, 5812: 6000, 3_100_000: 4_000_000, 0.03: 0.03, 0.31: 0.4} {
		if got := Ceiling(v); got < want*(1-1e-9) || got > want*(1+1e-9) {
			t.Errorf("of %v: got %v, want %v", v, got, want)
		}
	}
}

func TestTheAxisEndsNow(t *testing.T) {
	for w, want := range map[int]string{
		40: "-15m         -10m         -5m        now", 12: "-15m     now", 7: "    now", 3: "now", 2: "",
	} {
		if got := Axis(w, 15*time.Minute).String(); got != want {
			t.Errorf("in %d cells: got %q, want %q", w, got, want)
		}
	}
}
