package canvas

import (
	"fmt"
	"math"
	"time"
)

// Plot is a figure over time, drawn in cells: in braille with eight dots a cell, in ASCII
// with two. The newest value is at the right.
type Plot struct {
	// Values are oldest first; a negative one is missing.
	Values []float64
	// Span is how many values the whole width stands for. Where there are fewer, the left is
	// blank.
	Span int
	// Most is the value of the upper edge; the lower edge is zero. Below 0 counts as 1.
	Most float64
	// Ink returns the ink of a cell by its least and its highest value; nil means InkInfo.
	Ink func(least, most float64) Ink
	// Marks are drawn as verticals, each at so many values before the newest one.
	Marks []float64
}

// Lines draws the plot in w by h cells.
func (p Plot) Lines(g Glyphs, w, h int) []*Line {
	if w <= 0 || h <= 0 {
		return nil
	}
	across, down := 2, 4 // dots of a cell
	if g.ASCII {
		across, down = 1, 2
	}
	span := max(p.Span, len(p.Values), 1)
	columns := p.columns(span, w*across, h*down)
	marked := make([]bool, w)
	for _, ago := range p.Marks {
		if x := int((float64(span) - 0.5 - ago) * float64(w) / float64(span)); ago >= 0 && ago < float64(span) && x >= 0 && x < w {
			marked[x] = true
		}
	}
	lines := make([]*Line, h)
	for y := range lines {
		lines[y] = &Line{}
		for x := range w {
			dots := columns[x*across : (x+1)*across]
			glyph, drawn := cellOf(dots, (h-1-y)*down, g)
			switch {
			case drawn:
				lines[y].Put(p.inkOf(dots), glyph)
			case marked[x]:
				lines[y].Put(InkWarn, g.Vertical)
			default:
				lines[y].Put(InkText, " ")
			}
		}
	}
	return lines
}

// column is a column of dots: those from low to high are set, counted from the lower edge.
// The values are least to most.
type column struct {
	any         bool
	low, high   int
	least, most float64
}

// columns returns n columns of a height. Each reaches up or down to where the one before it
// ends, so that the plot is one line.
func (p Plot) columns(span, n, height int) []column {
	list := make([]column, n)
	offset := span - len(p.Values)
	for x := range list {
		from := x * span / n
		to := max(from+1, (x+1)*span/n)
		c := &list[x]
		for i := max(from, offset); i < to; i++ {
			v := p.Values[i-offset]
			switch {
			case v < 0:
				continue
			case !c.any:
				c.any, c.least, c.most = true, v, v
			default:
				c.least, c.most = min(c.least, v), max(c.most, v)
			}
		}
		c.low, c.high = p.level(c.least, height), p.level(c.most, height)
	}
	for x := len(list) - 1; x > 0; x-- { // from the right, so that what was before is not stretched yet
		c, before := &list[x], list[x-1]
		switch {
		case !c.any || !before.any:
		case before.high+1 < c.low:
			c.low = before.high + 1
		case before.low-1 > c.high:
			c.high = before.low - 1
		}
	}
	return list
}

// level returns the dot of a value, counted from the lower edge.
func (p Plot) level(v float64, height int) int {
	most := p.Most
	if most <= 0 {
		most = 1
	}
	return min(max(int(math.Round(v/most*float64(height-1))), 0), height-1)
}

func (p Plot) inkOf(dots []column) Ink {
	if p.Ink == nil {
		return InkInfo
	}
	var all column
	for _, c := range dots {
		switch {
		case !c.any:
		case !all.any:
			all = c
		default:
			all.least, all.most = min(all.least, c.least), max(all.most, c.most)
		}
	}
	return p.Ink(all.least, all.most)
}

// cellOf returns the glyph of a cell, whose lowest dots are at a level; false when none of its
// dots is set.
func cellOf(dots []column, lowest int, g Glyphs) (string, bool) {
	set := func(c column, i int) bool { return c.any && c.low <= lowest+i && lowest+i <= c.high }
	if g.ASCII {
		lower, upper := set(dots[0], 0), set(dots[0], 1)
		switch {
		case lower && upper:
			return ":", true
		case lower:
			return ".", true
		case upper:
			return "'", true
		}
		return " ", false
	}
	// The bits of U+2800, from the lowest dot up, for the left and the right column.
	bits := [2][4]rune{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}
	braille := rune(0x2800)
	for x, c := range dots {
		for i, bit := range bits[x] {
			if set(c, i) {
				braille |= bit
			}
		}
	}
	return string(braille), braille != 0x2800
}

// Ceiling returns a round number that is not below v, for the upper edge of a plot.
func Ceiling(v float64) float64 {
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 1.5, 2, 3, 4, 5, 6, 8} {
		if v <= step*power*(1+1e-9) {
			return step * power
		}
	}
	return 10 * power
}

// Axis returns the axis of a plot of w cells that spans a time, of whole minutes, up to now.
func Axis(w int, span time.Duration) *Line {
	l := &Line{}
	const now = "now"
	if w < len(now) {
		return l
	}
	parts := 3
	if w < 30 {
		parts = 1
	}
	for i := range parts {
		ago := span * time.Duration(parts-i) / time.Duration(parts)
		l.Gap(w * i / parts)
		l.Put(InkFaint, fmt.Sprintf("-%dm", int(ago.Minutes())))
	}
	if l.Width > w-len(now)-1 {
		return (&Line{}).Gap(w-len(now)).Put(InkFaint, now)
	}
	return l.Gap(w-len(now)).Put(InkFaint, now)
}
