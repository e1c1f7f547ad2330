package tui

import "strings"

// column is a column of a table.
type column struct {
	title string
	// least is its width, most what it may grow to (0: no more than least).
	least, most int
	right       bool
	// rank says which columns go first where there is no room for all: the
	// highest. Those of rank 0 stay.
	rank int
}

// widths gives w cells to the columns with a blank between two, 0 to those left
// out. What is left over goes to those that may grow, in turn.
func widths(columns []column, w int) []int {
	kept := make([]bool, len(columns))
	sum := -1
	worst := 0
	for i, c := range columns {
		kept[i] = true
		sum += c.least + 1
		worst = max(worst, c.rank)
	}
	for ; worst > 0 && sum > w; worst-- {
		for i := len(columns) - 1; i >= 0 && sum > w; i-- {
			if columns[i].rank == worst {
				kept[i] = false
				sum -= columns[i].least + 1
			}
		}
	}
	out := make([]int, len(columns))
	for i, c := range columns {
		if kept[i] {
			out[i] = c.least
		}
	}
	for grew := true; grew && sum < w; {
		grew = false
		for i, c := range columns {
			if kept[i] && out[i] < c.most && sum < w {
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
	*line
	columns []column
	ws      []int
	i       int
	any     bool // a cell has been put
	g       glyphs
}

// newRow begins a line, marked where it is the selected one.
func newRow(g glyphs, columns []column, ws []int, selected bool) *row {
	r := &row{line: &line{selected: selected}, columns: columns, ws: ws, g: g}
	if selected {
		r.put(inkKey, g.pointer)
	} else {
		r.put(inkText, " ")
	}
	return r
}

// next is the width of the next column, 0 where it is left out; it appends the
// blank between two.
func (r *row) next() int {
	w := r.ws[r.i]
	r.i++
	if w > 0 && r.any {
		r.put(inkText, " ")
	}
	r.any = r.any || w > 0
	return w
}

// text appends the next cell.
func (r *row) text(k ink, text string) *row {
	c := r.columns[r.i]
	r.cell(k, text, r.next(), c.right, r.g.ellipsis)
	return r
}

// drawn appends a cell that draw fills with exactly w cells.
func (r *row) drawn(draw func(l *line, w int)) *row {
	if w := r.next(); w > 0 {
		draw(r.line, w)
	}
	return r
}

// tableHead is the head of a table.
func tableHead(g glyphs, columns []column, ws []int) *line {
	r := newRow(g, columns, ws, false)
	for _, c := range columns {
		r.text(inkHead, c.title)
	}
	return r.line
}

func blanks(n int) string { return strings.Repeat(" ", max(0, n)) }

// scrolled returns the first of n lines to show in h so that the chosen one is
// seen, staying where first was as far as it can.
func scrolled(first, chosen, n, h int) int {
	if chosen >= 0 {
		first = min(max(first, chosen-h+1), chosen)
	}
	return max(0, min(first, n-h))
}
