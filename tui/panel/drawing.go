package panel

import (
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// drawing is a picture on its way: cells with a text or a joint.
type drawing struct {
	s *scene.Scene
	// detail: 2 with figures, 1 with words, 0 with names alone.
	detail int
	rows   [][]cell
}

type cell struct {
	text  string // empty for a joint or a blank; "\x00" is covered by a wide one before it
	joint canvas.Joint
	ink   canvas.Ink
}

func (d *drawing) at(y, x int) *cell {
	for len(d.rows) <= y {
		d.rows = append(d.rows, nil)
	}
	for len(d.rows[y]) <= x {
		d.rows[y] = append(d.rows[y], cell{})
	}
	return &d.rows[y][x]
}

func (d *drawing) width() int {
	w := 0
	for _, r := range d.rows {
		w = max(w, len(r))
	}
	return w
}

// text writes at y, x and returns the column after it.
func (d *drawing) text(y, x int, k canvas.Ink, text string) int {
	for _, r := range text {
		*d.at(y, x) = cell{text: string(r), ink: k}
		for range ansi.StringWidth(string(r)) - 1 {
			x++
			*d.at(y, x) = cell{text: "\x00"}
		}
		x++
	}
	return x
}

func (d *drawing) put(y, x int, l *canvas.Line) int {
	for _, s := range l.Spans {
		x = d.text(y, x, s.Ink, s.Text)
	}
	return x
}

// way is a link's ink and weight.
func way(l link) (k canvas.Ink, weight uint8) {
	switch l {
	case linkActive:
		return canvas.InkGoodStrong, 2
	case linkWaiting:
		return canvas.InkFaint, 1
	case linkPaused:
		return canvas.InkWarn, 1
	case linkBroken:
		return canvas.InkBad, 1
	}
	return canvas.InkDim, 1
}

// stroke joins a cell to its neighbours; what is stronger stays on top.
func (d *drawing) stroke(y, x int, j canvas.Joint, l link) {
	k, weight := way(l)
	c := d.at(y, x)
	heavier := weight > max(c.joint.Up, c.joint.Right, c.joint.Down, c.joint.Left)
	for _, side := range []struct{ to, by *uint8 }{
		{&c.joint.Up, &j.Up}, {&c.joint.Right, &j.Right}, {&c.joint.Down, &j.Down}, {&c.joint.Left, &j.Left},
	} {
		if *side.by != 0 {
			*side.to = max(*side.to, weight)
		}
	}
	if heavier || c.ink == canvas.InkText {
		c.ink = k
	}
	c.text = ""
}

// horizontal draws from x to end (excluded), with a sign in the middle of what is
// broken or paused.
func (d *drawing) horizontal(y, x, end int, l link) {
	for i := x; i < end; i++ {
		d.stroke(y, i, canvas.Joint{Right: 1, Left: 1}, l)
	}
	k, _ := way(l)
	switch l {
	case linkBroken:
		d.text(y, (x+end)/2, k, d.s.Glyphs.Broken)
	case linkPaused:
		d.text(y, (x+end)/2, k, d.s.Glyphs.Waiting)
	}
}

func (d *drawing) arrow(y, x int, l link) {
	k, _ := way(l)
	d.text(y, x, k, d.s.Glyphs.Arrow)
}

// vertical draws between two rows, both included, in a column.
func (d *drawing) vertical(x, from, to int, l link) {
	if from > to {
		from, to = to, from
	}
	for y := from; y <= to; y++ {
		j := canvas.Joint{}
		if y > from {
			j.Up = 1
		}
		if y < to {
			j.Down = 1
		}
		d.stroke(y, x, j, l)
	}
}

// below is the lowest row with something in a column, above the last.
func (d *drawing) below(x int) int {
	for y := len(d.rows) - 2; y >= 0; y-- {
		if x < len(d.rows[y]) && d.rows[y][x] != (cell{}) {
			return y
		}
	}
	return -1
}

func (d *drawing) lines() []*canvas.Line {
	out := make([]*canvas.Line, len(d.rows))
	for y, r := range d.rows {
		l := &canvas.Line{}
		for _, c := range r {
			switch {
			case c.text == "\x00":
			case c.text != "":
				l.Put(c.ink, c.text)
			case c.joint != (canvas.Joint{}):
				l.Put(c.ink, d.s.Glyphs.Draw(c.joint))
			default:
				l.Put(canvas.InkText, " ")
			}
		}
		out[y] = l
	}
	return out
}
