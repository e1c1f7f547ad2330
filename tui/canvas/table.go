package canvas

import "strings"

// Column is a column of a table.
type Column struct {
	Title string
	// Least is its width in cells, Most what it may grow to; a Most below Least means
	// that it does not grow.
	Least, Most int
	// Right aligns its cells to the right.
	Right bool
	// Rank is the order in which columns are left out where there is no room for all:
	// the highest first. Those of rank 0 always stay.
	Rank int
}

// Table is a table's columns with the widths that they get. Each row begins with one
// cell for the mark of the selected row.
type Table struct {
	glyphs  Glyphs
	columns []Column
	widths  []int
}

// NewTable lays out a table in w cells.
func NewTable(g Glyphs, columns []Column, w int) *Table {
	return &Table{g, columns, widths(columns, w-1)}
}

// Width returns the width of the i-th column; 0 means that it is left out.
func (t *Table) Width(i int) int { return t.widths[i] }

// Head returns the line of the columns' titles.
func (t *Table) Head() *Line {
	r := t.Row(false)
	for _, c := range t.columns {
		r.Text(inkHead, c.Title)
	}
	return r.Line
}

// Row begins a row, with a mark if it is the selected one.
func (t *Table) Row(selected bool) *Row {
	r := &Row{Line: &Line{Selected: selected}, table: t}
	if selected {
		r.Put(InkKey, t.glyphs.Pointer)
	} else {
		r.Put(InkText, " ")
	}
	return r
}

// Row builds a line of a table cell by cell. Text and Drawn append the next cell, which
// is skipped where its column is left out; the methods of Line append to the line as it
// is.
type Row struct {
	*Line
	table *Table
	next  int
	begun bool // a cell was appended
}

// Text appends the next cell.
func (r *Row) Text(k Ink, text string) *Row {
	c := r.table.columns[r.next]
	r.Cell(k, text, r.advance(), c.Right, r.table.glyphs.Ellipsis)
	return r
}

// Drawn appends the next cell, which draw fills with exactly w cells.
func (r *Row) Drawn(draw func(l *Line, w int)) *Row {
	if w := r.advance(); w > 0 {
		draw(r.Line, w)
	}
	return r
}

// advance goes to the next column and returns its width; it appends the blank between
// two cells.
func (r *Row) advance() int {
	w := r.table.widths[r.next]
	r.next++
	if w > 0 && r.begun {
		r.Put(InkText, " ")
	}
	r.begun = r.begun || w > 0
	return w
}

// widths shares w cells among the columns with a blank between two; a column that is
// left out gets 0. Columns that may grow share what remains in turn.
func widths(columns []Column, w int) []int {
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

// Blanks returns n spaces, or an empty text when n is negative.
func Blanks(n int) string { return strings.Repeat(" ", max(0, n)) }

// Scrolled returns the first of n lines to show in h so that the chosen one is
// visible. It moves first as little as possible; a negative chosen means no line.
func Scrolled(first, chosen, n, h int) int {
	if chosen >= 0 {
		first = min(max(first, chosen-h+1), chosen)
	}
	return max(0, min(first, n-h))
}
