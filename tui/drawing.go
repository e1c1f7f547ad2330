package tui

import "github.com/charmbracelet/x/ansi"

// drawing is a picture on its way: cells with a text or a joint.
type drawing struct {
	s *scene
	// detail: 2 with figures, 1 with words, 0 with names alone.
	detail int
	rows   [][]cell
}

type cell struct {
	text  string // empty for a joint or a blank; "\x00" is covered by a wide one before it
	joint joint
	ink   ink
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
func (d *drawing) text(y, x int, k ink, text string) int {
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

func (d *drawing) put(y, x int, l *line) int {
	for _, s := range l.spans {
		x = d.text(y, x, s.ink, s.text)
	}
	return x
}

// way is a link's ink and weight.
func way(l link) (k ink, weight uint8) {
	switch l {
	case linkActive:
		return inkGoodStrong, 2
	case linkWaiting:
		return inkFaint, 1
	case linkPaused:
		return inkWarn, 1
	case linkBroken:
		return inkBad, 1
	}
	return inkDim, 1
}

// stroke joins a cell to its neighbours; what is stronger stays on top.
func (d *drawing) stroke(y, x int, j joint, l link) {
	k, weight := way(l)
	c := d.at(y, x)
	heavier := weight > max(c.joint.up, c.joint.right, c.joint.down, c.joint.left)
	for _, side := range []struct{ to, by *uint8 }{
		{&c.joint.up, &j.up}, {&c.joint.right, &j.right}, {&c.joint.down, &j.down}, {&c.joint.left, &j.left},
	} {
		if *side.by != 0 {
			*side.to = max(*side.to, weight)
		}
	}
	if heavier || c.ink == inkText {
		c.ink = k
	}
	c.text = ""
}

// horizontal draws from x to end (excluded), with a sign in the middle of what is
// broken or paused.
func (d *drawing) horizontal(y, x, end int, l link) {
	for i := x; i < end; i++ {
		d.stroke(y, i, joint{right: 1, left: 1}, l)
	}
	k, _ := way(l)
	switch l {
	case linkBroken:
		d.text(y, (x+end)/2, k, d.s.g.broken)
	case linkPaused:
		d.text(y, (x+end)/2, k, d.s.g.waiting)
	}
}

func (d *drawing) arrow(y, x int, l link) {
	k, _ := way(l)
	d.text(y, x, k, d.s.g.arrow)
}

// vertical draws between two rows, both included, in a column.
func (d *drawing) vertical(x, from, to int, l link) {
	if from > to {
		from, to = to, from
	}
	for y := from; y <= to; y++ {
		j := joint{}
		if y > from {
			j.up = 1
		}
		if y < to {
			j.down = 1
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

func (d *drawing) lines() []*line {
	out := make([]*line, len(d.rows))
	for y, r := range d.rows {
		l := &line{}
		for _, c := range r {
			switch {
			case c.text == "\x00":
			case c.text != "":
				l.put(c.ink, c.text)
			case c.joint != (joint{}):
				l.put(c.ink, d.s.g.draw(c.joint))
			default:
				l.put(inkText, " ")
			}
		}
		out[y] = l
	}
	return out
}
