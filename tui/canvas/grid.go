package canvas

import "github.com/charmbracelet/x/ansi"

// Grid is a drawing of text and lines in cells. It grows to what is drawn; the zero value
// is empty.
type Grid struct{ rows [][]cell }

// cell is one cell of a grid.
type cell struct {
	text  string // empty for a joint or a blank, covered below a wide character
	joint Joint
	ink   Ink
}

// covered is the text of the second cell of a wide character.
const covered = "\x00"

// Stroke is how a line is drawn.
type Stroke struct {
	Ink Ink
	// Weight is 1 for a light line and 2 for a heavy one.
	Weight uint8
}

// at returns a cell, and makes it if it is not there.
func (g *Grid) at(y, x int) *cell {
	for len(g.rows) <= y {
		g.rows = append(g.rows, nil)
	}
	for len(g.rows[y]) <= x {
		g.rows[y] = append(g.rows[y], cell{})
	}
	return &g.rows[y][x]
}

// Blank reports whether a cell has neither text nor a line.
func (g *Grid) Blank(y, x int) bool {
	c := g.at(y, x)
	return c.text == "" && c.joint == Joint{}
}

// Width returns the width of the widest row.
func (g *Grid) Width() int {
	w := 0
	for _, r := range g.rows {
		w = max(w, len(r))
	}
	return w
}

// RowWidth returns the width of a row.
func (g *Grid) RowWidth(y int) int {
	if y >= len(g.rows) {
		return 0
	}
	return len(g.rows[y])
}

// Text writes at y, x and returns the column after it.
func (g *Grid) Text(y, x int, k Ink, text string) int {
	for _, r := range text {
		*g.at(y, x) = cell{text: string(r), ink: k}
		for range ansi.StringWidth(string(r)) - 1 {
			x++
			*g.at(y, x) = cell{text: covered}
		}
		x++
	}
	return x
}

// Put writes a line at y, x and returns the column after it.
func (g *Grid) Put(y, x int, l *Line) int {
	for _, s := range l.Spans {
		x = g.Text(y, x, s.Ink, s.Text)
	}
	return x
}

// Join joins a cell to its neighbours at the sides that j names. The heavier stroke stays
// on top.
func (g *Grid) Join(y, x int, j Joint, s Stroke) {
	c := g.at(y, x)
	heavier := s.Weight > max(c.joint.Up, c.joint.Right, c.joint.Down, c.joint.Left)
	for _, side := range []struct{ to, by *uint8 }{
		{&c.joint.Up, &j.Up}, {&c.joint.Right, &j.Right}, {&c.joint.Down, &j.Down}, {&c.joint.Left, &j.Left},
	} {
		if *side.by != 0 {
			*side.to = max(*side.to, s.Weight)
		}
	}
	if heavier || c.ink == InkText {
		c.ink = s.Ink
	}
	c.text = ""
}

// Horizontal draws a row from x up to, but without, end.
func (g *Grid) Horizontal(y, x, end int, s Stroke) {
	for i := x; i < end; i++ {
		g.Join(y, i, Joint{Right: 1, Left: 1}, s)
	}
}

// Vertical draws a column from one row to another, both included.
func (g *Grid) Vertical(x, from, to int, s Stroke) {
	if from > to {
		from, to = to, from
	}
	for y := from; y <= to; y++ {
		j := Joint{}
		if y > from {
			j.Up = 1
		}
		if y < to {
			j.Down = 1
		}
		g.Join(y, x, j, s)
	}
}

// Lowest returns the lowest row, above the last, in which a column is not blank; -1 means
// that there is none.
func (g *Grid) Lowest(x int) int {
	for y := len(g.rows) - 2; y >= 0; y-- {
		if x < len(g.rows[y]) && g.rows[y][x] != (cell{}) {
			return y
		}
	}
	return -1
}

// Lines returns the drawing as lines of text.
func (g *Grid) Lines(with Glyphs) []*Line {
	out := make([]*Line, len(g.rows))
	for y, r := range g.rows {
		l := &Line{}
		for _, c := range r {
			switch {
			case c.text == covered:
			case c.text != "":
				l.Put(c.ink, c.text)
			case c.joint != (Joint{}):
				l.Put(c.ink, with.Joint(c.joint))
			default:
				l.Put(InkText, " ")
			}
		}
		out[y] = l
	}
	return out
}
