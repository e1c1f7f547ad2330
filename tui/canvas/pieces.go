package canvas

import "slices"

// Piece is a part of a line. Where there is no room for all pieces, those of the highest
// rank are left out first; those of rank 0 always stay.
type Piece struct {
	Line *Line
	Rank int
}

// Fitted joins the pieces that fit in w cells, with two blanks between them.
func Fitted(pieces []Piece, w int) *Line {
	order := make([]int, len(pieces))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return pieces[a].Rank - pieces[b].Rank })
	kept, used := make([]bool, len(pieces)), -2
	for _, i := range order {
		if need := pieces[i].Line.Width + 2; pieces[i].Rank == 0 || used+need <= w {
			kept[i] = true
			used += need
		}
	}
	out := &Line{}
	for i, p := range pieces {
		if !kept[i] {
			continue
		}
		if out.Width > 0 {
			out.Put(InkText, "  ")
		}
		out.Add(p.Line)
	}
	return out
}
