package tui

import (
	"fmt"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// servicesPanel lists the processes; the selected one is what keys act on.
type servicesPanel struct{ first int }

func (*servicesPanel) title(s *scene) (name, note string) {
	up := 0
	for _, p := range s.snapshot.Processes {
		if p.Works() {
			up++
		}
	}
	return "SERVICES", fmt.Sprintf("%d of %d up", up, len(s.snapshot.Processes))
}

func (*servicesPanel) content(s *scene, _ int) layouts.Content {
	n := len(s.snapshot.Processes)
	return layouts.Content{Least: min(n, 8) + 1, Want: n + 1}
}

func (*servicesPanel) stamp(s *scene) uint64 { return s.stamp }

func (*servicesPanel) move(s *scene, m motion, page int) {
	s.step(s.processNames(), m.by(page))
}

func (p *servicesPanel) lines(s *scene, w, h int) []*line {
	name, port := 6, 5
	for _, v := range s.snapshot.Processes {
		name = max(name, len(v.Name))
		if v.Port > 9999 {
			port = 6
		}
	}
	columns := []column{
		{title: "NAME", least: min(name, 12), most: name + 2},
		{title: "PID", least: 7, right: true, rank: 4},
		{title: "STATE", least: 10, most: 11},
		{title: "UP", least: 8, right: true, rank: 2},
		{title: "RST", least: 3, right: true, rank: 3},
		{title: "CPU%", least: 5, right: true, rank: 1},
		{title: "", least: 5, most: 60, rank: 6},
		{title: "RSS", least: 5, right: true, rank: 5},
		{title: "PORT", least: port, rank: 7},
	}
	ws := widths(columns, w-1)
	var out []*line
	if h > 1 {
		out = append(out, tableHead(s.g, columns, ws))
	}
	rows := h - len(out)
	chosen := -1
	for i, v := range s.snapshot.Processes {
		if v.Name == s.selected {
			chosen = i
		}
	}
	p.first = scrolled(p.first, chosen, len(s.snapshot.Processes), rows)
	for i := p.first; i < len(s.snapshot.Processes) && i < p.first+rows; i++ {
		out = append(out, serviceRow(s, &s.snapshot.Processes[i], columns, ws, w))
	}
	return out
}

func serviceRow(s *scene, v *platform.Process, columns []column, ws []int, w int) *line {
	r := newRow(s.g, columns, ws, v.Name == s.selected)
	glyph, text, k := s.mark(v)
	name := inkText
	if v.Name == s.selected {
		name = inkStrong
	}
	pid, port := s.g.dash, s.g.dash
	if v.PID != 0 {
		pid = strconv.Itoa(v.PID)
	}
	if v.Port != 0 {
		port = ":" + strconv.Itoa(v.Port)
	}
	r.text(name, v.Name).text(inkDim, pid).text(k, glyph+" "+text)
	if why := reason(v); why != "" {
		// The reason takes the place of figures, which mean little then.
		r.put(inkText, " ")
		r.cell(k, why, w-r.width, false, s.g.ellipsis)
		return r.line
	}
	uptime := s.g.dash
	if v.PID != 0 && !v.Started.IsZero() {
		uptime = clockText(s.now.Sub(v.Started))
	}
	restarts := inkDim
	if v.Restarts > 0 {
		restarts = inkWarn
	}
	r.text(inkText, uptime).text(restarts, strconv.Itoa(v.Restarts))
	if v.PID == 0 {
		return r.text(inkDim, s.g.dash).text(inkText, "").text(inkDim, s.g.dash).text(inkDim, port).line
	}
	r.text(inkText, fmt.Sprintf("%.1f", v.CPU))
	r.drawn(func(l *line, w int) { l.spark(s.g, s.cpu.last(v.Name, w), w, 100, 60, 90) })
	if v.RSS == 0 {
		return r.text(inkDim, s.g.dash).text(inkDim, port).line
	}
	return r.text(inkText, bytesText(v.RSS)).text(inkDim, port).line
}
