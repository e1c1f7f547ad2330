package panel

import (
	"fmt"
	"sort"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/journal/summary"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

const (
	// stripSpan is how much time the strip shows, stripStep how far a key moves it.
	stripSpan = time.Hour
	stripStep = 10 * time.Minute
	// clock is how a row tells its time.
	clock = "15:04:05"
)

// events lists what has happened, newest first, below a strip of when the stream was on air.
type events struct {
	canvas.Scroll
	// chosen is a row, counted from the newest that is shown; -1 means that no row is chosen.
	// chosenAt is its time: newer rows come before it.
	chosen   int
	chosenAt time.Time
	// back is by how much the strip ends before now; a multiple of stripStep.
	back time.Duration
	// wide is how many cells the strip had last, strips how many lines.
	wide, strips int
}

func newEvents() *events { return &events{chosen: -1, wide: 60} }

// hour returns the time that the strip shows. It moves by whole cells.
func (p *events) hour(s *scene.Scene) summary.Span {
	cell := stripSpan / time.Duration(max(1, p.wide))
	to := s.Now.Add(-p.back).Add(cell - 1).Truncate(cell)
	return summary.Span{From: to.Add(-stripSpan), To: to}
}

// rows returns the rows up to the end of the strip, newest first.
func (p *events) rows(s *scene.Scene) []scene.Happened {
	list := s.Past.Happened
	if p.back > 0 {
		to := p.hour(s).To
		list = list[sort.Search(len(list), func(i int) bool { return list[i].At.Before(to) }):]
	}
	return list
}

func (p *events) Title(s *scene.Scene) (name, note string) {
	hour, dot := p.hour(s), " "+s.Glyphs.Dot+" "
	local := func(t time.Time) string { return t.In(s.Now.Location()).Format("15:04") }
	note = local(hour.From) + " to now  "
	if p.back > 0 {
		note = local(hour.From) + " to " + local(hour.To) + "  "
	}
	t := s.Past.Tally(hour, s.Now)
	switch {
	case t.Outages == 0 && t.Planned == 0:
		return "EVENTS", note + "no outages"
	case t.Outages == 0:
		return "EVENTS", note + fmt.Sprintf("planned outages %d", t.Planned) + dot + canvas.Millis(float64(t.PlannedOff.Milliseconds()))
	}
	note += fmt.Sprintf("outages %d", t.Outages) + dot + canvas.Millis(float64(t.Off.Milliseconds()))
	if t.Planned > 0 {
		note += fmt.Sprintf("%splanned %d", dot, t.Planned)
	}
	return "EVENTS", note
}

func (*events) Content(s *scene.Scene, _ int) layouts.Content {
	return layouts.Content{Least: 2, Want: max(6, 2+len(s.Past.Happened))}
}

func (*events) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *events) Move(s *scene.Scene, m Motion, page int) {
	switch m {
	case MoveLeft:
		if n := len(s.Past.Happened); n > 0 && p.hour(s).From.After(s.Past.Happened[n-1].At) {
			p.back += stripStep
			p.chosen = -1
		}
		return
	case MoveRight:
		p.back = max(0, p.back-stripStep)
		p.chosen = -1
		return
	}
	list := p.rows(s)
	if p.settle(list); len(list) == 0 {
		return
	}
	p.chosen = min(max(p.chosen+m.lines(page), 0), len(list)-1)
	p.chosenAt = list[p.chosen].At
}

// settle keeps the choice on its row when rows have come.
func (p *events) settle(list []scene.Happened) {
	if p.chosen < 0 || len(list) == 0 {
		p.chosen = -1
		return
	}
	p.chosen = min(p.chosen, len(list)-1)
	if list[p.chosen].At.Equal(p.chosenAt) {
		return
	}
	i := sort.Search(len(list), func(i int) bool { return !list[i].At.After(p.chosenAt) })
	p.chosen = min(i, len(list)-1)
}

// Chosen implements Opener.
func (p *events) Chosen(s *scene.Scene) (Moment, bool) {
	list := p.rows(s)
	if p.settle(list); p.chosen < 0 {
		return Moment{}, false
	}
	h := list[p.chosen]
	r := rowOf(s, h)
	at := h.At.In(s.Now.Location()).Format(clock + ".000")
	return Moment{h.At, at + "  " + r.word + " " + r.name + "  " + r.text(s, far)}, true
}

// Back implements Backer: it chooses no row, then it shows the last hour.
func (p *events) Back() bool {
	was := p.chosen >= 0 || p.back > 0
	if p.chosen < 0 {
		p.back = 0
	}
	p.chosen = -1
	return was
}

// Click implements Clicker.
func (p *events) Click(s *scene.Scene, line int) {
	list := p.rows(s)
	if i := p.First() + line - p.strips; line >= p.strips && i < len(list) {
		p.chosen, p.chosenAt = i, list[i].At
	}
}

func (p *events) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	out := p.strip(s, w, h)
	p.strips = len(out)
	list := p.rows(s)
	p.settle(list)
	from, to := p.Show(p.chosen, len(list), h-len(out))
	if len(list) == 0 {
		return append(out, canvas.Text(canvas.InkDim, " nothing has happened yet"))
	}
	rows, word, name := make([]eventRow, 0, to-from), wordWide, 6
	for i := from; i < to; i++ {
		r := rowOf(s, list[i])
		rows, word, name = append(rows, r), max(word, ansi.StringWidth(r.word)), max(name, ansi.StringWidth(r.name))
	}
	word, name = min(word, 9), min(name, max(11, w/4))
	for i, r := range rows {
		out = append(out, r.line(s, w, word, name, from+i == p.chosen))
	}
	return out
}
