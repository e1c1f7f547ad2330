package picture

// Tile is the place of a picture and of the line below it that captions it, in cells, which
// are twice as high as wide.
type Tile struct{ X, Y, W, H int }

// Pixels returns the size of the tile in pixels, without the caption's line.
func (t Tile) Pixels() (w, h int) { return t.W, 2 * (t.H - 1) }

const (
	// tileW and tileH are the smallest tile beside the large one.
	tileW, tileH = 16, 6
)

// Rows returns how many lines a picture of 16:9 has in w cells.
func Rows(w int) int { return (w*9 + 16) / 32 }

// Wall arranges up to n tiles in w by h cells: the first one large, the others in a grid below
// or beside it, where there is room. There is always the first one. Those of a line stand in
// the order of their columns.
func Wall(w, h, n int) []Tile {
	whole := []Tile{{W: w, H: h}}
	if n < 2 {
		return whole
	}
	below, beside := whole, whole
	if first := min(Rows(w)+1, h-tileH); first >= tileH {
		below = append([]Tile{{W: w, H: first}}, grid(0, first, w, h-first, n-1)...)
	}
	if first := (h - 1) * 32 / 9; first >= tileW && first+1+tileW <= w {
		beside = append([]Tile{{W: first, H: h}}, grid(first+1, 0, w-first-1, h, n-1)...)
	}
	if len(beside) > len(below) {
		return beside
	}
	return below
}

// grid arranges up to n tiles of one size in w by h cells at a place: as many as there is room
// for, and as large as they can be.
func grid(x, y, w, h, n int) []Tile {
	var best []Tile
	for columns := 1; columns*(tileW+1)-1 <= w; columns++ {
		t := Tile{W: (w - columns + 1) / columns}
		t.H = min(Rows(t.W)+1, h)
		if t.H < tileH {
			continue
		}
		if shown := min(n, h/t.H*columns); shown > len(best) {
			best = make([]Tile, shown)
			for i := range best {
				best[i] = Tile{x + i%columns*(t.W+1), y + i/columns*t.H, t.W, t.H}
			}
		}
	}
	return best
}
