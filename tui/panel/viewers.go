package panel

import (
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// viewersPanel shows what the audience sees, in the viewers' own words.
type viewersPanel struct{}

func (*viewersPanel) Title(s *scene.Scene) (name, note string) {
	stalls := 0
	for _, v := range s.Viewers {
		stalls += v.Stalls
	}
	if len(s.Viewers) == 0 {
		return "VIEWERS", "none"
	}
	return "VIEWERS", canvas.Plural(stalls, "stall", "stalls")
}

func (*viewersPanel) Content(s *scene.Scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(6, 1+len(s.Viewers))}
}

func (*viewersPanel) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (*viewersPanel) Move(*scene.Scene, Motion, int) {}

// bufferFull is the playback buffer at which the bar is full.
const bufferFull = 8000

func (*viewersPanel) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if len(s.Viewers) == 0 {
		text := " no viewer has reported yet"
		if len(s.OfRole(layouts.Viewer)) == 0 {
			text = " this layout runs no viewer"
		}
		return []*canvas.Line{(&canvas.Line{}).Put(canvas.InkDim, text)}
	}
	columns := []canvas.Column{
		{Title: "VIEWER", Least: 8, Most: 12},
		{Title: "SIGNAL", Least: 6, Most: 12, Rank: 4},
		{Title: "STATE", Least: 10},
		{Title: "STALLS", Least: 6, Right: true},
		{Title: "LONGEST", Least: 7, Right: true, Rank: 3},
		{Title: "BUFFER", Least: 10, Most: 30, Rank: 1},
		{Title: "", Least: 6, Right: true},
		{Title: "LATENCY", Least: 7, Right: true, Rank: 2},
		{Title: "WRONG", Least: 5, Right: true, Rank: 5},
	}
	ws := canvas.Widths(columns, w-1)
	var out []*canvas.Line
	if h > len(s.Viewers) {
		out = append(out, canvas.TableHead(s.Glyphs, columns, ws))
	}
	for _, v := range s.Viewers {
		if len(out) >= h {
			break
		}
		out = append(out, viewerRow(s, v, columns, ws))
	}
	return out
}

func viewerRow(s *scene.Scene, v scene.Viewer, columns []canvas.Column, ws []int) *canvas.Line {
	r := canvas.NewRow(s.Glyphs, columns, ws, v.Process == s.Selected)
	glyph, k := s.Glyphs.Full, canvas.InkGood
	text := v.State.String()
	switch {
	case s.Now.Sub(v.Time) > onair.Silence:
		glyph, text, k = s.Glyphs.Question, "silent", canvas.InkDim
	case v.State == event.ViewStalled:
		glyph, k = s.Glyphs.Cross, canvas.InkBadStrong
	case v.State == event.ViewStarting:
		glyph, k = s.Glyphs.Dotted, canvas.InkInfo
	case v.State == event.ViewEnded:
		glyph, k = s.Glyphs.Ring, canvas.InkDim
	}
	count := func(n int) canvas.Ink {
		if n > 0 {
			return canvas.InkBad
		}
		return canvas.InkGood
	}
	part := float64(v.BufferMS) / bufferFull
	bufferInk := canvas.InkGood
	switch {
	case part < 0.25:
		bufferInk = canvas.InkBad
	case part < 0.5:
		bufferInk = canvas.InkWarn
	}
	longest, ms := s.Glyphs.Dash, v.LongestStallMS
	for _, o := range s.Snapshot.Outages {
		if o.Process == v.Process && o.Signal == v.Signal {
			ms = max(ms, o.Length(s.Now).Milliseconds()) // one that goes on is longer than its viewer knows
		}
	}
	if ms > 0 {
		longest = canvas.MSText(float64(ms))
	}
	r.Text(canvas.InkText, canvas.Clean(v.Process)).Text(canvas.InkText, canvas.Clean(v.Signal)).Text(k, glyph+" "+text)
	r.Text(count(v.Stalls), strconv.Itoa(v.Stalls)).Text(count(v.Stalls), longest)
	r.Drawn(func(l *canvas.Line, w int) { l.Bar(s.Glyphs, bufferInk, part, w) })
	r.Text(canvas.InkText, canvas.MSText(float64(v.BufferMS))).Text(canvas.InkText, canvas.MSText(float64(v.LatencyMS)))
	return r.Text(count(v.Violations), strconv.Itoa(v.Violations)).Line
}
