package panel

import (
	"fmt"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// reports shows what players say of themselves (CMCD), as the proxies report it.
type reports struct{ canvas.Scroll }

func (*reports) Title(s *scene.Scene) (name, note string) {
	if len(s.Snapshot.Audiences) == 0 {
		return "AUDIENCE", "none"
	}
	players := 0
	for _, a := range s.Snapshot.Audiences {
		players += a.Sessions
	}
	return "AUDIENCE", canvas.Count(players, "player")
}

func (*reports) Content(s *scene.Scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(3, 1+len(s.Snapshot.Audiences))}
}

func (*reports) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *reports) Move(_ *scene.Scene, m Motion, page int) { p.By(m.lines(page)) }

func (p *reports) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if len(s.Snapshot.Audiences) == 0 {
		p.Show(-1, 0, h)
		return []*canvas.Line{canvas.Text(canvas.InkDim, " no player reports (CMCD)")}
	}
	table := canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "SIGNAL", Least: 6, Most: 12},
		{Title: "RENDITION", Least: 8, Most: 14, Rank: 6},
		{Title: "PLAYERS", Least: 7, Right: true},
		{Title: "STALLS", Least: 6, Right: true},
		{Title: "BUFFER", Least: 6, Right: true, Rank: 1},
		{Title: "START", Least: 6, Right: true, Rank: 2},
		{Title: "LATENCY", Least: 7, Right: true, Rank: 3},
		{Title: "BITRATE", Least: 9, Right: true, Rank: 4},
		{Title: "NETWORK", Least: 9, Right: true, Rank: 5},
	}, w)
	var out []*canvas.Line
	if h > len(s.Snapshot.Audiences) {
		out = append(out, table.Head())
	}
	millis := func(ms int64) string {
		if ms < 0 {
			return s.Glyphs.Dash
		}
		return canvas.Millis(float64(ms))
	}
	rate := func(bps int64) string {
		if bps < 0 {
			return s.Glyphs.Dash
		}
		return fmt.Sprintf("%.1f Mb/s", float64(bps)/1e6)
	}
	from, to := p.Show(-1, len(s.Snapshot.Audiences), h-len(out))
	for _, a := range s.Snapshot.Audiences[from:to] {
		r := table.Row(false)
		r.Text(canvas.InkText, canvas.Clean(a.Signal)).Text(canvas.InkDim, canvas.Clean(a.Rendition))
		r.Text(canvas.InkText, strconv.Itoa(a.Sessions)).Text(countInk(a.Stalls), strconv.Itoa(a.Stalls))
		for _, text := range []string{millis(a.BufferMS), millis(a.StartMS), millis(a.LatencyMS), rate(a.BitrateBPS), rate(a.ThroughputBPS)} {
			r.Text(canvas.InkText, text)
		}
		out = append(out, r.Line)
	}
	return out
}
