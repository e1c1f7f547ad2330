package layouts

import "slices"

// The limits of Arrange, in cells.
const (
	// stackBelow is the width below which panels stand one below another.
	stackBelow = 100
	// leastWidth is what a panel beside another needs.
	leastWidth = 24
)

// Frame is what stands around a panel's content.
type Frame uint8

// The frames, in order of what they take.
const (
	Boxed Frame = iota // a box: a line above with the title, one below, a cell on each side
	Ruled              // a line above with the title
	Bare               // nothing
)

// Lines is how many lines of the height the frame takes.
func (f Frame) Lines() int { return []int{2, 1, 0}[f] }

// Content says how many lines a panel can use, without its frame.
type Content struct {
	// Least is what it needs to be worth its place; below 1 counts as 1.
	Least int
	// Want is how many it can fill; 0 means any number.
	Want int
	// Whole: it shows all that it wants, or else Least lines without a frame.
	Whole bool
}

// Placed is a panel's rectangle: X and Y of its upper left cell, W and H in
// cells, the frame among them.
type Placed struct {
	Panel      string
	Frame      Frame
	X, Y, W, H int
}

// Arrange gives the panels of a screen of w by h cells their places, which tile
// it exactly: every cell belongs to one panel. On a narrow screen the panels stand
// one below another; on a low one, the rows for higher screens are left out, then frames
// become rules, and then the last rows are left out, though never that of the panel named focus. content returns what a panel can
// use in a width; nil means any number of lines. Arrange returns nothing for a screen
// without cells.
func (s Screen) Arrange(w, h int, focus string, content func(panel string, w int) Content) []Placed {
	if w <= 0 || h <= 0 {
		return nil
	}
	if content == nil {
		content = func(string, int) Content { return Content{} }
	}
	rows, frame := s.highEnough(h, focus).rowsFor(w)
	var bands []band
	for _, r := range rows {
		bands = append(bands, newBand(r, w, frame, focus, content))
	}
	if frame == Boxed && least(bands) > h {
		for i := range bands {
			bands[i].frame = Ruled
		}
	}
	var placed []Placed
	y := 0
	for _, b := range fit(bands, h) {
		x := 0
		for i, width := range b.widths {
			placed = append(placed, Placed{b.panels[i].Name, b.frame, x, y, width, b.given})
			x += width
		}
		y += b.given
	}
	return placed
}

// highEnough returns the screen without the rows that are for higher ones: all but those
// with the focus. A screen that has no others keeps them.
func (s Screen) highEnough(h int, focus string) Screen {
	kept := slices.DeleteFunc(slices.Clone(s.Rows), func(r Row) bool {
		return r.From > h && !slices.ContainsFunc(r.Panels, func(p Panel) bool { return p.Name == focus })
	})
	if len(kept) > 0 {
		s.Rows = kept
	}
	return s
}

// rowsFor returns the rows as they are, or one for each panel if the panels do not
// fit side by side, and the frame of their panels. Rows without a panel are left
// out.
func (s Screen) rowsFor(w int) ([]Row, Frame) {
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
			if !beside {
				rows = append(rows, Row{Height: p.Stacked, Panels: []Panel{p}})
			}
		}
	}
	if beside {
		return rows, Boxed
	}
	return rows, Ruled
}

// band is a row on its way to its place.
type band struct {
	panels  []Panel
	widths  []int
	weight  int
	frame   Frame
	content Content // of the panel that can use most
	focused bool
	out     bool // left out
	given   int  // lines, the frame among them
}

func newBand(r Row, w int, frame Frame, focus string, content func(string, int) Content) band {
	weights := make([]int, len(r.Panels))
	for i, p := range r.Panels {
		weights[i] = p.Weight
	}
	b := band{panels: r.Panels, widths: share(w, weights, leastWidth), weight: max(r.Height, 1), frame: frame}
	for i, p := range r.Panels {
		c := content(p.Name, b.widths[i])
		b.content.Least = max(b.content.Least, c.Least, 1)
		if i == 0 {
			b.content.Want, b.content.Whole = c.Want, c.Whole
		}
		b.content.Whole = b.content.Whole && c.Whole
		if b.content.Want != 0 && c.Want != 0 {
			b.content.Want = max(b.content.Want, c.Want)
		} else {
			b.content.Want = 0
		}
		b.focused = b.focused || p.Name == focus
	}
	return b
}

// least is how many lines the bands need.
func least(bands []band) int {
	sum := 0
	for _, b := range bands {
		if !b.content.Whole {
			sum += b.frame.Lines()
		}
		sum += b.content.Least
	}
	return sum
}

// fit gives h lines to the bands and returns those that have a place.
func fit(bands []band, h int) []band {
	for i := range bands {
		if b := &bands[i]; b.content.Whole && b.content.Want <= b.content.Least {
			b.frame = Bare
		}
	}
	for {
		leaveOut(bands, h)
		grant(bands, h)
		grow(bands, h)
		// A whole panel that did not get all it wants gives back the rest.
		i := slices.IndexFunc(bands, func(b band) bool {
			return !b.out && b.content.Whole && b.frame != Bare && b.given < b.content.Want+b.frame.Lines()
		})
		if i < 0 {
			break
		}
		bands[i].frame, bands[i].content.Want = Bare, bands[i].content.Least
	}
	return slices.DeleteFunc(bands, func(b band) bool { return b.out })
}

// wholeFrom is the height from which a whole panel of one line is never left out.
const wholeFrom = 4

// leaveOut gives each band, the focused one first, the least that it needs, and
// leaves out the first that does not fit and all that follow it. A whole panel that needs
// just a line has it before all others.
func leaveOut(bands []band, h int) {
	order := make([]int, 0, len(bands))
	rank := func(b band) int {
		switch {
		case b.content.Whole && b.content.Least == 1 && h >= wholeFrom:
			return 0
		case b.focused:
			return 1
		}
		return 2
	}
	for r := range 3 {
		for i, b := range bands {
			if rank(b) == r {
				order = append(order, i)
			}
		}
	}
	full := false
	for n, i := range order {
		b := &bands[i]
		b.given = b.content.Least + b.frame.Lines()
		if b.content.Whole {
			b.given = b.content.Least
		}
		if alone := n == 0 || n == 1 && rank(bands[order[0]]) == 0; alone && b.given > h { // whatever there is
			b.given = h
			if h < 2 {
				b.frame = Bare
			}
		}
		full = full || b.given > h
		b.out = full
		if b.out {
			b.given = 0
		}
		h -= b.given
	}
}

// grant gives a whole panel all that it wants, if that is little of the height and leaves
// the others what they need.
func grant(bands []band, h int) {
	left := h
	for _, b := range bands {
		left -= b.given
	}
	for i := range bands {
		b := &bands[i]
		if b.out || !b.content.Whole || b.frame == Bare {
			continue
		}
		whole := b.content.Want + b.frame.Lines()
		if more := whole - b.given; 15*whole <= 4*h && more <= left {
			b.given, left = whole, left-more
		}
	}
}

// grow deals out what is left of h lines, each to the band that has least for its
// weight among those that can use it; what no band can use goes to the last.
func grow(bands []band, h int) {
	last := -1
	for i, b := range bands {
		h -= b.given
		if !b.out {
			last = i
		}
	}
	for ; h > 0; h-- {
		next := -1
		for i, b := range bands {
			sated := b.content.Want != 0 && b.given >= b.content.Want+b.frame.Lines()
			if b.out || sated {
				continue
			}
			if next < 0 || b.given*bands[next].weight < bands[next].given*b.weight {
				next = i
			}
		}
		if next < 0 {
			next = last
		}
		bands[next].given++
	}
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
