package panel

import (
	"fmt"
	"slices"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform/series"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// packagers shows which packager serves players and which could.
type packagers struct{ canvas.Scroll }

func (*packagers) Title(s *scene.Scene) (name, note string) {
	usable := 0
	for _, p := range s.Packagers {
		if p.Reported && p.Usable {
			usable++
		}
	}
	return "PACKAGERS", fmt.Sprintf("%d of %d usable", usable, len(s.Packagers))
}

// inlineFrom is the width from which the latencies stand in the packagers' rows.
const inlineFrom = 72

func (*packagers) Content(s *scene.Scene, w int) layouts.Content {
	n := len(s.Packagers)
	c := layouts.Content{Least: min(n, 3), Want: 2*n + 3}
	if w >= inlineFrom {
		c.Want = n + 3
	}
	return c
}

func (*packagers) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (*packagers) Move(s *scene.Scene, m Motion, page int) {
	var names []string
	for _, p := range s.Packagers {
		if p.Process != nil && !slices.Contains(names, p.Title) {
			names = append(names, p.Title)
		}
	}
	s.Select(names, m.lines(page))
}

// latencyColumn is the index of the column with the latencies' sparkline.
const latencyColumn = 7

// packagersTable lays out the columns; inline has the latencies in the rows.
func packagersTable(s *scene.Scene, w int, inline bool) *canvas.Table {
	name, health := 8, 8
	for _, v := range s.Packagers {
		_, word, _ := s.HealthMark(v)
		name, health = max(name, len(v.Title)), max(health, 2+len(word))
	}
	const never = 1 << 10 // wider than any screen: left out at once
	signal := canvas.Column{Title: "SIGNAL", Least: never, Rank: 9}
	if s.Packagers[0].Label != s.Packagers[len(s.Packagers)-1].Label {
		signal.Least, signal.Most, signal.Rank = 6, 12, 2
	}
	latency := canvas.Column{Title: "LATENCY", Least: never, Rank: 9}
	if inline {
		latency.Least, latency.Most, latency.Rank = 8, 60, 5
	}
	return canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "PACKAGER", Least: min(name, 14), Most: name},
		signal,
		{Title: "ROLE", Least: 7},
		{Title: "HEALTH", Least: health, Most: 12},
		{Title: "MSN", Least: 9, Right: true, Rank: 3},
		{Title: "AGE", Least: 4, Most: 6, Right: true, Rank: 1},
		{Title: "LAT", Least: 5, Most: 6, Right: true, Rank: 4},
		latency,
	}, w)
}

func (p *packagers) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if len(s.Packagers) == 0 {
		p.Show(-1, 0, h)
		return []*canvas.Line{canvas.Text(canvas.InkDim, " this layout has no packager")}
	}
	inline := w >= inlineFrom
	table := packagersTable(s, w, inline)
	double := !inline && h > 2*len(s.Packagers)
	var out []*canvas.Line
	if h > len(s.Packagers) {
		out = append(out, table.Head())
	}
	selected := slices.IndexFunc(s.Packagers, func(v scene.Packager) bool { return v.Title == s.Selected })
	from, to := p.Show(selected, len(s.Packagers), h-len(out))
	for _, v := range s.Packagers[from:to] {
		out = append(out, packagerRow(s, table, v, w))
		if double && len(out) < h {
			out = append(out, latencyLine(s, v, w))
		}
	}
	return append(out, packagersFoot(s, h-len(out))...)
}

func packagerRow(s *scene.Scene, table *canvas.Table, v scene.Packager, w int) *canvas.Line {
	r := table.Row(v.Process != nil && v.Title == s.Selected)
	role, roleInk := s.RoleMark(v)
	glyph, text, k := s.HealthMark(v)
	r.Text(canvas.InkText, v.Title).Text(canvas.InkText, v.Label).Text(roleInk, role).Text(k, glyph+" "+text)
	if why := v.Reason(); why != "" && table.Width(latencyColumn) > 0 {
		return r.Put(k, " "+canvas.Shortened(why, w-r.Width-1, s.Glyphs.Ellipsis))
	}
	msn, age, latency := s.Glyphs.Dash, s.Glyphs.Dash, s.Glyphs.Dash
	if v.Reported && v.Status.MSN >= 0 {
		msn = strconv.FormatInt(v.Status.MSN, 10)
	}
	if moves(v) {
		latency = canvas.Millis(v.Status.LatencyMS)
		if v.Status.AgeMS >= 0 {
			age = canvas.Age(v.Status.AgeMS)
		}
	}
	r.Text(canvas.InkText, msn).Text(canvas.InkText, age).Text(canvas.InkText, latency)
	return r.Drawn(func(l *canvas.Line, w int) { latencySpark(s, l, v, w) }).Line
}

func latencySpark(s *scene.Scene, l *canvas.Line, v scene.Packager, w int) {
	list := s.Answers(v, w)
	most := max(4, canvas.Percentile(canvas.Present(list), 100))
	l.Spark(s.Glyphs, list, w, most*1.05, 20, 100)
}

// latencyLine is the second line of a packager: why it is not well, or its latency.
func latencyLine(s *scene.Scene, v scene.Packager, w int) *canvas.Line {
	l := canvas.Text(canvas.InkDim, "  ")
	if why := v.Reason(); why != "" {
		_, _, k := s.HealthMark(v)
		return l.Put(k, canvas.Shortened(why, w-2, s.Glyphs.Ellipsis))
	}
	l.Put(canvas.InkDim, "latency ")
	p95 := "  p95 " + canvas.Millis(canvas.Percentile(canvas.Present(s.Answers(v, series.Most)), 95))
	latencySpark(s, l, v, max(0, min(w-l.Width-len(p95)-1, 60)))
	return l.Put(canvas.InkDim, p95)
}

// packagersFoot returns up to h lines on all packagers together.
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
		out = append(out, canvas.Text(canvas.InkDim, " skew ").Put(k, canvas.Count(int(min(high-low, 1<<30)), "segment")))
	}
	if h > 2 {
		g := s.Glyphs
		out = append(out, canvas.Text(canvas.InkGood, " "+g.Full).Put(canvas.InkDim, " up ").Put(canvas.InkWarn, g.Half).Put(canvas.InkDim, " stale ").
			Put(canvas.InkWarn, g.Quarter).Put(canvas.InkDim, " lagging ").Put(canvas.InkBadStrong, g.Ring).Put(canvas.InkDim, " down ").
			Put(canvas.InkWarn, g.Pause).Put(canvas.InkDim, " paused"))
	}
	return out
}
