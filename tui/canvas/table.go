package canvas

import (
	"strings"
)

// Column is a column of a table.
type Column struct {
	Title string
	// Least is its width, most what it may grow to (0: no more than least).
	Least, Most int
	Right       bool
	// Rank says which columns go first where there is no room for all: the
	// highest. Those of rank 0 stay.
	Rank int
}

// Widths gives w cells to the columns with a blank between two, 0 to those left
// out. What is left over goes to those that may grow, in turn.
func Widths(columns []Column, w int) []int {
	kept := make([]bool, len(columns))
	sum := -1
	worst := 0
	for i, c := range columns {
		kept[i] = true
		sum += c.Least + 1
		worst = max(worst, c.Rank)
	}
	for ; worst > 0 && sum > w; worst-- {
		for i := len(columns) - 1; i >= 0 && sum > w; i-- {
			if columns[i].Rank == worst {
				kept[i] = false
				sum -= columns[i].Least + 1
			}
		}
	}
	out := make([]int, len(columns))
	for i, c := range columns {
		if kept[i] {
			out[i] = c.Least
		}
	}
	for grew := true; grew && sum < w; {
		grew = false
		for i, c := range columns {
			if kept[i] && out[i] < c.Most && sum < w {
				out[i]++
				sum++
				grew = true
			}
		}
	}
	return out
}

// row builds a line of a table cell by cell.
type row struct {
	*Line
	columns []Column
	ws      []int
	i       int
	any     bool // a cell has been put
	g       Glyphs
}

// NewRow begins a line, marked where it is the selected one.
func NewRow(g Glyphs, columns []Column, ws []int, selected bool) *row {
	r := &row{Line: &Line{Selected: selected}, columns: columns, ws: ws, g: g}
	if selected {
		r.Put(InkKey, g.Pointer)
	} else {
		r.Put(InkText, " ")
	}
	return r
}

// next is the width of the next column, 0 where it is left out; it appends the
// blank between two.
func (r *row) next() int {
	w := r.ws[r.i]
	r.i++
	if w > 0 && r.any {
		r.Put(InkText, " ")
	}
	r.any = r.any || w > 0
	return w
}

// Text appends the next cell.
func (r *row) Text(k Ink, text string) *row {
	c := r.columns[r.i]
	r.Cell(k, text, r.next(), c.Right, r.g.Ellipsis)
	return r
}

// Drawn appends a cell that draw fills with exactly w cells.
func (r *row) Drawn(draw func(l *Line, w int)) *row {
	if w := r.next(); w > 0 {
		draw(r.Line, w)
	}
	return r
}

// TableHead is the head of a table.
func TableHead(g Glyphs, columns []Column, ws []int) *Line {
	r := NewRow(g, columns, ws, false)
	for _, c := range columns {
		r.Text(inkHead, c.Title)
	}
	return r.Line
}

func Blanks(n int) string { return strings.Repeat(" ", max(0, n)) }

// Scrolled returns the first of n lines to show in h so that the chosen one is
// seen, staying where first was as far as it can.
func Scrolled(first, chosen, n, h int) int {
	if chosen >= 0 {
		first = min(max(first, chosen-h+1), chosen)
	}
	return max(0, min(first, n-h))
}
