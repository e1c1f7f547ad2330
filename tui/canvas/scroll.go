package canvas

import "fmt"

// Scroll is which rows of a list are shown. The zero value shows the first ones. A panel
// that embeds it says on its frame how many rows are hidden.
type Scroll struct{ first, above, below int }

// Show moves the window of h lines over n rows so that the chosen one is visible, as little
// as possible, and returns the first row shown and the one after the last. A negative chosen
// means no row.
func (s *Scroll) Show(chosen, n, h int) (from, to int) {
	h = max(h, 0)
	s.first = Scrolled(s.first, chosen, n, h)
	to = min(n, s.first+h)
	s.above, s.below = s.first, n-to
	return s.first, to
}

// By moves the window by n of the rows, for a list without a chosen row. Show limits it.
func (s *Scroll) By(n int) { s.first = max(0, s.first+n) }

// First returns the first row shown.
func (s *Scroll) First() int { return s.first }

// Hidden returns how many rows are hidden above and below those shown.
func (s *Scroll) Hidden() (above, below int) { return s.above, s.below }

// More says how many rows are hidden; empty when none is.
func (g Glyphs) More(above, below int) string {
	switch {
	case above > 0 && below > 0:
		return fmt.Sprintf("%d more %s  %d more %s", above, g.Up, below, g.Down)
	case above > 0:
		return fmt.Sprintf("%d more %s", above, g.Up)
	case below > 0:
		return fmt.Sprintf("%d more %s", below, g.Down)
	}
	return ""
}
