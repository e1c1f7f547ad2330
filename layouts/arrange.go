package layouts

// The limits of Arrange, in cells.
const (
	// stackBelow is the width below which panels stand one below another.
	stackBelow = 100
	// leastHeight is a panel's title and one line of what it shows.
	leastHeight = 2
	// leastWidth is what a panel beside another needs.
	leastWidth = 24
)

// Placed is a panel's rectangle: X and Y of its upper left cell, W and H in cells.
type Placed struct {
	Panel      string
	X, Y, W, H int
}

// Arrange gives the panels of a screen of w by h cells their places, which tile
// it exactly: no cell is left over and none is given twice. Where the screen is
// narrow the panels stand one below another; where it is low too, the last of
// them are left out. It returns nothing for a screen without cells.
func (s Screen) Arrange(w, h int) []Placed {
	if w <= 0 || h <= 0 {
		return nil
	}
	rows := s.rowsFor(w)
	if most := max(1, h/leastHeight); len(rows) > most {
		rows = rows[:most]
	}
	heights := make([]int, len(rows))
	for i, r := range rows {
		heights[i] = r.Height
	}
	var placed []Placed
	y := 0
	for i, height := range share(h, heights, leastHeight) {
		x := 0
		for j, width := range share(w, weightsOf(rows[i].Panels), leastWidth) {
			placed = append(placed, Placed{rows[i].Panels[j].Name, x, y, width, height})
			x += width
		}
		y += height
	}
	return placed
}

// rowsFor returns the rows as they are, or one for each panel where they do not
// fit side by side. Rows without a panel are left out.
func (s Screen) rowsFor(w int) []Row {
	beside := w >= stackBelow
	for _, r := range s.Rows {
		beside = beside && len(r.Panels)*leastWidth <= w
	}
	var rows []Row
	for _, r := range s.Rows {
		if beside && len(r.Panels) > 0 {
			rows = append(rows, r)
			continue
		}
		for _, p := range r.Panels {
			rows = append(rows, Row{Height: p.Stacked, Panels: []Panel{p}})
		}
	}
	return rows
}

func weightsOf(panels []Panel) []int {
	weights := make([]int, len(panels))
	for i, p := range panels {
		weights[i] = p.Weight
	}
	return weights
}

// share divides total by weights (below 1 counts as 1) into parts that add up to
// it exactly, none below least as long as total has that much.
func share(total int, weights []int, least int) []int {
	parts := make([]int, len(weights))
	fixed := make([]bool, len(weights))
	if total < least*len(weights) {
		least = 0
	}
	for again := true; again; {
		again = false
		room, sum := total, 0
		for i, w := range weights {
			if fixed[i] {
				room -= least
			} else {
				sum += max(w, 1)
			}
		}
		// Each part ends where its sum of weights does, rounded down: what one
		// loses by rounding the next one gets.
		passed, given := 0, 0
		for i, w := range weights {
			if fixed[i] {
				parts[i] = least
				continue
			}
			passed += max(w, 1)
			parts[i] = room*passed/sum - given
			given += parts[i]
			if parts[i] < least {
				fixed[i], again = true, true
			}
		}
	}
	return parts
}
