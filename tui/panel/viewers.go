package panel

import (
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// viewers shows what the audience sees, as the viewers report it.
type viewers struct{ canvas.Scroll }

func (*viewers) Title(s *scene.Scene) (name, note string) {
	if len(s.Viewers) == 0 {
		return "VIEWERS", "none"
	}
	stalls := 0
	for _, v := range s.Viewers {
		stalls += v.Stalls
	}
	return "VIEWERS", canvas.Count(stalls, "stall")
}

func (*viewers) Content(s *scene.Scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(6, 1+len(s.Viewers))}
}

func (*viewers) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *viewers) Move(_ *scene.Scene, m Motion, page int) { p.By(m.lines(page)) }

// bufferFull is the playback buffer in milliseconds at which the bar is full.
const bufferFull = 8000

func (p *viewers) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if len(s.Viewers) == 0 {
		p.Show(-1, 0, h)
		text := " no viewer has reported yet"
		if len(s.OfRole(layouts.Viewer)) == 0 {
			text = " this layout has no viewer"
		}
		return []*canvas.Line{canvas.Text(canvas.InkDim, text)}
	}
	table := canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "VIEWER", Least: 8, Most: 12},
		{Title: "SIGNAL", Least: 6, Most: 12, Rank: 4},
		{Title: "STATE", Least: 10},
		{Title: "STALLS", Least: 6, Right: true},
		{Title: "LONGEST", Least: 7, Right: true, Rank: 3},
		{Title: "BUFFER", Least: 10, Most: 30, Rank: 1},
		{Title: "", Least: 6, Right: true},
		{Title: "LATENCY", Least: 7, Right: true, Rank: 2},
		{Title: "WRONG", Least: 5, Right: true, Rank: 5},
	}, w)
	var out []*canvas.Line
	if h > len(s.Viewers) {
		out = append(out, table.Head())
	}
	from, to := p.Show(-1, len(s.Viewers), h-len(out))
	for _, v := range s.Viewers[from:to] {
		out = append(out, viewerRow(s, table, v))
	}
	list := signalCharts(s.Chosen(), series.Buffer, series.Latency, series.Bitrate)
	if p := plottedProxy(s); p != nil {
		list = append(list, chartsOf(p.Name, "", series.Requests)...)
	}
	return append(out, chartsBelow(s, list, w, h-len(out))...)
}

func viewerRow(s *scene.Scene, table *canvas.Table, v platform.ViewingAt) *canvas.Line {
	r := table.Row(v.Process == s.Selected)
	glyph, text, k := viewerMark(s, v)
	r.Text(canvas.InkText, canvas.Clean(v.Process)).Text(canvas.InkText, canvas.Clean(v.Signal)).Text(k, glyph+" "+text)
	longest, ms := s.Glyphs.Dash, v.LongestStallMS
	for _, o := range s.Snapshot.Outages {
		if o.Process == v.Process && o.Signal == v.Signal {
			ms = max(ms, o.Length(s.Now).Milliseconds()) // a lasting one is longer than the viewer's last report says
		}
	}
	if ms > 0 {
		longest = canvas.Millis(float64(ms))
	}
	r.Text(countInk(v.Stalls), strconv.Itoa(v.Stalls)).Text(countInk(v.Stalls), longest)
	part, bar := float64(v.BufferMS)/bufferFull, canvas.InkGood
	switch {
	case part < 0.25:
		bar = canvas.InkBad
	case part < 0.5:
		bar = canvas.InkWarn
	}
	r.Drawn(func(l *canvas.Line, w int) { l.Bar(s.Glyphs, bar, part, w) })
	r.Text(canvas.InkText, canvas.Millis(float64(v.BufferMS))).Text(canvas.InkText, canvas.Millis(float64(v.LatencyMS)))
	return r.Text(countInk(v.Violations), strconv.Itoa(v.Violations)).Line
}

func viewerMark(s *scene.Scene, v platform.ViewingAt) (glyph, word string, k canvas.Ink) {
	word = v.State.String()
	switch {
	case s.Now.Sub(v.Time) > onair.Silence:
		return s.Glyphs.Question, "silent", canvas.InkDim
	case v.State == event.ViewStalled:
		return s.Glyphs.Cross, word, canvas.InkBadStrong
	case v.State == event.ViewStarting:
		return s.Glyphs.Dotted, word, canvas.InkInfo
	case v.State == event.ViewEnded:
		return s.Glyphs.Ring, word, canvas.InkDim
	}
	return s.Glyphs.Full, word, canvas.InkGood
}

// countInk is the ink of a number of faults.
func countInk(n int) canvas.Ink {
	if n > 0 {
		return canvas.InkBad
	}
	return canvas.InkGood
}
