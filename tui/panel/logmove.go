package panel

import (
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/logbook"
	"livestream-tui/tui/scene"
)

// index is the held row's index, or that of the newest.
func (p *Logs) index() int {
	if !p.Held() {
		return p.book.Rows() - 1
	}
	return min(p.book.Find(p.at), p.book.Rows()-1)
}

// Move implements Panel.
func (p *Logs) Move(_ *scene.Scene, m Motion, page int) {
	p.stamp++
	switch m {
	case MoveLeft:
		p.right = max(0, p.right-8)
	case MoveRight:
		p.right = min(p.right+8, 2000)
	case MoveBottom:
		p.Follow()
	default:
		p.Step(m.lines(page))
	}
}

// Step holds the row that is n below the held one, or below the newest if no row is held.
// Below the newest row it follows again.
func (p *Logs) Step(n int) {
	p.stamp++
	if p.book.Rows() == 0 {
		p.Follow()
		return
	}
	i := p.index() + n
	if n > 0 && (i >= p.book.Rows()-1 || !p.Held()) {
		p.Follow()
		return
	}
	p.hold(max(i, 0))
}

// hold holds the row of an index.
func (p *Logs) hold(i int) {
	p.stamp++
	if !p.Held() {
		p.bottom = p.book.Row(p.book.Rows() - 1).Mark
	}
	p.at = p.book.Row(i).Mark
}

// Click implements Clicker: it holds the row.
func (p *Logs) Click(_ *scene.Scene, line int) {
	if line < 0 || line >= len(p.drawn) {
		return
	}
	if i := p.book.Find(p.drawn[line]); i < p.book.Rows() {
		p.hold(i)
	}
}

// SetSearch marks what matches a pattern; see logbook.NewPattern. All lines stay.
func (p *Logs) SetSearch(text string) {
	p.stamp++
	p.search = logbook.NewPattern(text)
}

// Search returns the pattern of SetSearch.
func (p *Logs) Search() logbook.Pattern { return p.search }

// NewestMatch holds the newest row that the search matches; false means that there is none.
func (p *Logs) NewestMatch() bool {
	p.Follow()
	return p.seek(-1, p.book.Rows(), p.matches)
}

// Match holds the next row that the search matches, or for a negative by the previous one;
// false means that there is none. Without a search it is the next line.
func (p *Logs) Match(by int) bool {
	if p.search.Text == "" {
		p.Step(by)
		return true
	}
	return p.seek(by, p.from(), p.matches)
}

func (p *Logs) matches(i int) bool { return p.book.Matches(i, &p.search) }

// Trouble holds the next error or warning, or for a negative by the previous one; false
// means that there is none.
func (p *Logs) Trouble(by int) bool {
	return p.seek(by, p.from(), func(i int) bool { return p.book.Row(i).Line.Level >= event.LevelWarn })
}

// from is the row after which to seek: the newest counts as not yet seen while none is
// held.
func (p *Logs) from() int {
	if !p.Held() {
		return p.book.Rows()
	}
	return p.index()
}

// seek holds the row nearest to an index, in steps of by, that is wanted.
func (p *Logs) seek(by, from int, wanted func(i int) bool) bool {
	for i := from + by; i >= 0 && i < p.book.Rows(); i += by {
		if wanted(i) {
			p.hold(i)
			return true
		}
	}
	return false
}
