package panel

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// packagersPanel shows who serves and who could.
type packagersPanel struct{ first int }

func (*packagersPanel) Title(s *scene.Scene) (name, note string) {
	usable := 0
	for _, p := range s.Packagers {
		if p.Reported && (p.Status.State == report.Up || p.Status.State == report.Suspect) {
			usable++
		}
	}
	return "PACKAGERS", fmt.Sprintf("%d of %d usable", usable, len(s.Packagers))
}

func (*packagersPanel) Content(s *scene.Scene, w int) layouts.Content {
	n := len(s.Packagers)
	c := layouts.Content{Least: min(n, 3), Want: 2*n + 3}
	if w >= 72 {
		c.Want = n + 3 // the latency stands in the row
	}
	return c
}

func (*packagersPanel) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (*packagersPanel) Move(s *scene.Scene, m Motion, page int) {
	var names []string
	for _, p := range s.Packagers {
		if p.Process != nil && !slices.Contains(names, p.Title) {
			names = append(names, p.Title)
		}
	}
	s.Step(names, m.by(page))
}

func (p *packagersPanel) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if len(s.Packagers) == 0 {
		return []*canvas.Line{(&canvas.Line{}).Put(canvas.InkDim, " this layout has no packager")}
	}
	name, signal := 8, 0
	for _, v := range s.Packagers {
		name = max(name, len(v.Title))
	}
	if s.Packagers[0].Label != s.Packagers[len(s.Packagers)-1].Label {
		signal = 6
	}
	inline := w >= 72
	columns := []canvas.Column{
		{Title: "PACKAGER", Least: min(name, 14), Most: name},
		{Title: "SIGNAL", Least: signal, Most: 2 * signal, Rank: 2},
		{Title: "ROLE", Least: 7},
		{Title: "HEALTH", Least: 8, Most: 12},
		{Title: "MSN", Least: 9, Right: true, Rank: 3},
		{Title: "AGE", Least: 4, Most: 6, Right: true, Rank: 1},
		{Title: "LAT", Least: 5, Most: 6, Right: true, Rank: 4},
		{Title: "LATENCY", Least: 0, Rank: 5},
	}
	if signal == 0 {
		columns[1].Rank, columns[1].Least = 9, 1<<10 // left out at once
	}
	if inline {
		columns[7].Least, columns[7].Most = 8, 60
	} else {
		columns[7].Rank, columns[7].Least = 9, 1<<10
	}
	ws := canvas.Widths(columns, w-1)
	double := !inline && h > 2*len(s.Packagers)
	var out []*canvas.Line
	if h > len(s.Packagers) {
		out = append(out, canvas.TableHead(s.Glyphs, columns, ws))
	}
	rows := h - len(out)
	if !double {
		p.first = canvas.Scrolled(p.first, slices.IndexFunc(s.Packagers, func(v scene.Packager) bool { return v.Title == s.Selected }), len(s.Packagers), rows)
	} else {
		p.first = 0
	}
	for i := p.first; i < len(s.Packagers) && len(out) < h; i++ {
		v := s.Packagers[i]
		out = append(out, packagerRow(s, v, columns, ws, w))
		if double && len(out) < h {
			out = append(out, latencyLine(s, v, w))
		}
	}
	return append(out, packagersFoot(s, h-len(out))...)
}

func packagerRow(s *scene.Scene, v scene.Packager, columns []canvas.Column, ws []int, w int) *canvas.Line {
	r := canvas.NewRow(s.Glyphs, columns, ws, v.Process != nil && v.Title == s.Selected)
	role, roleInk := s.Role(v)
	glyph, text, k := s.Health(v)
	r.Text(canvas.InkText, v.Title).Text(canvas.InkText, v.Label).Text(roleInk, role).Text(k, glyph+" "+text)
	if !v.Reported || (v.Process != nil && v.Process.PID == 0) {
		return r.Line
	}
	if why := packagerReason(v); why != "" && ws[7] > 0 {
		r.Put(canvas.InkText, " ")
		r.Cell(k, why, w-r.Width, false, s.Glyphs.Ellipsis)
		return r.Line
	}
	msn, age := s.Glyphs.Dash, s.Glyphs.Dash
	if v.Status.MSN >= 0 {
		msn = strconv.FormatInt(v.Status.MSN, 10)
	}
	if v.Status.AgeMS >= 0 {
		age = canvas.AgeText(v.Status.AgeMS)
	}
	r.Text(canvas.InkText, msn).Text(canvas.InkText, age).Text(canvas.InkText, canvas.MSText(v.Status.LatencyMS))
	return r.Drawn(func(l *canvas.Line, w int) { latencySpark(s, l, v, w) }).Line
}

func latencySpark(s *scene.Scene, l *canvas.Line, v scene.Packager, w int) {
	list := s.Latency.Last(v.Key(), w)
	most := max(4, canvas.Percentile(canvas.Present(list), 100))
	l.Spark(s.Glyphs, list, w, most*1.05, 20, 100)
}

// latencyLine is the second line of a packager: why it is not well, or how fast
// it answers.
func latencyLine(s *scene.Scene, v scene.Packager, w int) *canvas.Line {
	l := (&canvas.Line{}).Put(canvas.InkDim, "  ")
	if why := packagerReason(v); why != "" {
		_, _, k := s.Health(v)
		return l.Cell(k, why, w-2, false, s.Glyphs.Ellipsis)
	}
	l.Put(canvas.InkDim, "latency ")
	p95 := "  p95 " + canvas.MSText(canvas.Percentile(canvas.Present(s.Latency.Samples[v.Key()]), 95))
	latencySpark(s, l, v, max(0, min(w-l.Width-len(p95)-1, 60)))
	return l.Put(canvas.InkDim, p95)
}

// packagerReason says why a packager is not well.
func packagerReason(v scene.Packager) string {
	if v.Process != nil && !v.Process.Works() {
		return cmp.Or(scene.Reason(v.Process), canvas.Clean(v.Status.Reason))
	}
	return canvas.Clean(v.Status.Reason)
}

// packagersFoot are up to h lines on all of them together.
func packagersFoot(s *scene.Scene, h int) []*canvas.Line {
	var out []*canvas.Line
	low, high := int64(-1), int64(-1)
	for _, v := range s.Packagers {
		if v.Reported && v.Status.MSN >= 0 && v.Label == s.Packagers[0].Label {
			if low < 0 || v.Status.MSN < low {
				low = v.Status.MSN
			}
			high = max(high, v.Status.MSN)
		}
	}
	if h > 1 && high >= 0 {
		k := canvas.InkDim
		if high-low > 1 {
			k = canvas.InkWarn
		}
		out = append(out, (&canvas.Line{}).Put(canvas.InkDim, " skew ").Put(k, canvas.Plural(int(min(high-low, 1<<30)), "segment", "segments")))
	}
	if h > 2 {
		g := s.Glyphs
		out = append(out, (&canvas.Line{}).Put(canvas.InkGood, " "+g.Full).Put(canvas.InkDim, " up ").Put(canvas.InkWarn, g.Half).Put(canvas.InkDim, " stale ").
			Put(canvas.InkWarn, g.Quarter).Put(canvas.InkDim, " lagging ").Put(canvas.InkBadStrong, g.Ring).Put(canvas.InkDim, " down ").
			Put(canvas.InkWarn, g.Pause).Put(canvas.InkDim, " paused"))
	}
	return out
}
