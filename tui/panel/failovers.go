package panel

import (
	"fmt"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// failovers lists failovers with what each cost, and what else happened to the stream,
// newest first.
type failovers struct {
	first int
	// chosen is a row, counted from the newest; -1 means that no row is chosen.
	chosen int
}

func newFailovers() *failovers { return &failovers{chosen: -1} }

// gaps returns the gaps in milliseconds of the failovers that made a player wait.
func gaps(list []platform.FailoverAt) []float64 {
	var values []float64
	for _, f := range list {
		if f.GapMS >= 0 {
			values = append(values, f.GapMS)
		}
	}
	return values
}

func (*failovers) Title(s *scene.Scene) (name, note string) {
	n := len(s.Snapshot.Failovers)
	if n == 0 {
		return "FAILOVERS", "none"
	}
	values := gaps(s.Snapshot.Failovers)
	if len(values) == 0 {
		return "FAILOVERS", strconv.Itoa(n)
	}
	return "FAILOVERS", fmt.Sprintf("%d  p50 %s  p95 %s  worst %s", n,
		canvas.Millis(canvas.Percentile(values, 50)), canvas.Millis(canvas.Percentile(values, 95)), canvas.Millis(canvas.Percentile(values, 100)))
}

func (*failovers) Content(s *scene.Scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(6, 1+len(happenings(s)))}
}

func (*failovers) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *failovers) Move(s *scene.Scene, m Motion, page int) {
	n := len(happenings(s))
	if n == 0 {
		p.chosen = -1
		return
	}
	p.chosen = min(max(p.chosen+m.lines(page), 0), n-1)
}

// Chosen implements Opener.
func (p *failovers) Chosen(s *scene.Scene) (Moment, bool) {
	list := happenings(s)
	if p.chosen < 0 || p.chosen >= len(list) {
		return Moment{}, false
	}
	return list[p.chosen].moment(s), true
}

// Back implements Backer: it chooses no row.
func (p *failovers) Back() bool {
	was := p.chosen
	p.chosen = -1
	return was >= 0
}

// The columns that failoverRow asks the widths of.
const (
	switchColumn = 1
	proofColumn  = 5
)

func (p *failovers) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	list := happenings(s)
	if len(list) == 0 {
		return []*canvas.Line{canvas.Text(canvas.InkDim, " none yet: K kills the selected packager")}
	}
	names, proof := 7, 0
	if w >= 90 {
		names = 16
	}
	if w >= 110 {
		proof = 28 // with what was saved
	}
	table := canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "TIME", Least: 8},
		{Title: "SWITCH", Least: names},
		{Title: "CAUSE", Least: min(24, max(8, w-28)), Most: 60},
		{Title: "GAP", Least: 6, Right: true},
		{Title: "", Least: 1, Rank: 2},
		{Title: "PROOF", Least: 16, Most: proof, Rank: 1},
	}, w)
	var out []*canvas.Line
	if h > 1 {
		out = append(out, table.Head())
	}
	p.chosen = min(p.chosen, len(list)-1)
	p.first = canvas.Scrolled(p.first, p.chosen, len(list), h-len(out))
	worst := canvas.Percentile(gaps(s.Snapshot.Failovers), 100)
	for i := p.first; i < len(list) && len(out) < h; i++ {
		out = append(out, list[i].row(s, table, i == p.chosen, worst, w))
	}
	return out
}
