package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/report"
)

// packagersPanel shows who serves and who could.
type packagersPanel struct{ first int }

func (*packagersPanel) title(s *scene) (name, note string) {
	usable := 0
	for _, p := range s.packagers {
		if p.Reported && (p.Status.State == report.Up || p.Status.State == report.Suspect) {
			usable++
		}
	}
	return "PACKAGERS", fmt.Sprintf("%d of %d usable", usable, len(s.packagers))
}

func (*packagersPanel) content(s *scene, w int) layouts.Content {
	n := len(s.packagers)
	c := layouts.Content{Least: min(n, 3), Want: 2*n + 3}
	if w >= 72 {
		c.Want = n + 3 // the latency stands in the row
	}
	return c
}

func (*packagersPanel) stamp(s *scene) uint64 { return s.stamp }

func (*packagersPanel) move(s *scene, m motion, page int) {
	var names []string
	for _, p := range s.packagers {
		if p.process != nil && !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
	}
	s.step(names, m.by(page))
}

func (p *packagersPanel) lines(s *scene, w, h int) []*line {
	if len(s.packagers) == 0 {
		return []*line{(&line{}).put(inkDim, " this layout has no packager")}
	}
	name, signal := 8, 0
	for _, v := range s.packagers {
		name = max(name, len(v.name))
	}
	if s.packagers[0].signal != s.packagers[len(s.packagers)-1].signal {
		signal = 6
	}
	inline := w >= 72
	columns := []column{
		{title: "PACKAGER", least: min(name, 14), most: name},
		{title: "SIGNAL", least: signal, most: 2 * signal, rank: 2},
		{title: "ROLE", least: 7},
		{title: "HEALTH", least: 8, most: 12},
		{title: "MSN", least: 9, right: true, rank: 3},
		{title: "AGE", least: 4, most: 6, right: true, rank: 1},
		{title: "LAT", least: 5, most: 6, right: true, rank: 4},
		{title: "LATENCY", least: 0, rank: 5},
	}
	if signal == 0 {
		columns[1].rank, columns[1].least = 9, 1<<10 // left out at once
	}
	if inline {
		columns[7].least, columns[7].most = 8, 60
	} else {
		columns[7].rank, columns[7].least = 9, 1<<10
	}
	ws := widths(columns, w-1)
	double := !inline && h > 2*len(s.packagers)
	var out []*line
	if h > len(s.packagers) {
		out = append(out, tableHead(s.g, columns, ws))
	}
	rows := h - len(out)
	if !double {
		p.first = scrolled(p.first, slices.IndexFunc(s.packagers, func(v packager) bool { return v.name == s.selected }), len(s.packagers), rows)
	} else {
		p.first = 0
	}
	for i := p.first; i < len(s.packagers) && len(out) < h; i++ {
		v := s.packagers[i]
		out = append(out, packagerRow(s, v, columns, ws, w))
		if double && len(out) < h {
			out = append(out, latencyLine(s, v, w))
		}
	}
	return append(out, packagersFoot(s, h-len(out))...)
}

func packagerRow(s *scene, v packager, columns []column, ws []int, w int) *line {
	r := newRow(s.g, columns, ws, v.process != nil && v.name == s.selected)
	role, roleInk := s.role(v)
	glyph, text, k := s.health(v)
	r.text(inkText, v.name).text(inkText, v.signal).text(roleInk, role).text(k, glyph+" "+text)
	if !v.Reported || (v.process != nil && v.process.PID == 0) {
		return r.line
	}
	if why := packagerReason(v); why != "" && ws[7] > 0 {
		r.put(inkText, " ")
		r.cell(k, why, w-r.width, false, s.g.ellipsis)
		return r.line
	}
	msn, age := s.g.dash, s.g.dash
	if v.Status.MSN >= 0 {
		msn = strconv.FormatInt(v.Status.MSN, 10)
	}
	if v.Status.AgeMS >= 0 {
		age = ageText(v.Status.AgeMS)
	}
	r.text(inkText, msn).text(inkText, age).text(inkText, msText(v.Status.LatencyMS))
	return r.drawn(func(l *line, w int) { latencySpark(s, l, v, w) }).line
}

func latencySpark(s *scene, l *line, v packager, w int) {
	list := s.latency.last(v.key(), w)
	most := max(4, percentile(present(list), 100))
	l.spark(s.g, list, w, most*1.05, 20, 100)
}

// latencyLine is the second line of a packager: why it is not well, or how fast
// it answers.
func latencyLine(s *scene, v packager, w int) *line {
	l := (&line{}).put(inkDim, "  ")
	if why := packagerReason(v); why != "" {
		_, _, k := s.health(v)
		return l.cell(k, why, w-2, false, s.g.ellipsis)
	}
	l.put(inkDim, "latency ")
	p95 := "  p95 " + msText(percentile(present(s.latency.samples[v.key()]), 95))
	latencySpark(s, l, v, max(0, min(w-l.width-len(p95)-1, 60)))
	return l.put(inkDim, p95)
}

// packagerReason says why a packager is not well.
func packagerReason(v packager) string {
	if v.process != nil && !v.process.Works() {
		return cmp.Or(reason(v.process), clean(v.Status.Reason))
	}
	return clean(v.Status.Reason)
}

// packagersFoot are up to h lines on all of them together.
func packagersFoot(s *scene, h int) []*line {
	var out []*line
	low, high := int64(-1), int64(-1)
	for _, v := range s.packagers {
		if v.Reported && v.Status.MSN >= 0 && v.signal == s.packagers[0].signal {
			if low < 0 || v.Status.MSN < low {
				low = v.Status.MSN
			}
			high = max(high, v.Status.MSN)
		}
	}
	if h > 1 && high >= 0 {
		k := inkDim
		if high-low > 1 {
			k = inkWarn
		}
		out = append(out, (&line{}).put(inkDim, " skew ").put(k, plural(int(min(high-low, 1<<30)), "segment", "segments")))
	}
	if h > 2 {
		g := s.g
		out = append(out, (&line{}).put(inkGood, " "+g.full).put(inkDim, " up ").put(inkWarn, g.half).put(inkDim, " stale ").
			put(inkWarn, g.quarter).put(inkDim, " lagging ").put(inkBadStrong, g.ring).put(inkDim, " down ").
			put(inkWarn, g.pause).put(inkDim, " paused"))
	}
	return out
}
