package panel

import (
	"fmt"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// ServicesPanel lists the processes; the selected one is what keys act on.
type ServicesPanel struct{ First int }

func (*ServicesPanel) Title(s *scene.Scene) (name, note string) {
	up := 0
	for _, p := range s.Snapshot.Processes {
		if p.Works() {
			up++
		}
	}
	return "SERVICES", fmt.Sprintf("%d of %d up", up, len(s.Snapshot.Processes))
}

func (*ServicesPanel) Content(s *scene.Scene, _ int) layouts.Content {
	n := len(s.Snapshot.Processes)
	return layouts.Content{Least: min(n, 8) + 1, Want: n + 1}
}

func (*ServicesPanel) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (*ServicesPanel) Move(s *scene.Scene, m Motion, page int) {
	s.Step(s.ProcessNames(), m.by(page))
}

func (p *ServicesPanel) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	name, port := 6, 5
	for _, v := range s.Snapshot.Processes {
		name = max(name, len(v.Name))
		if v.Port > 9999 {
			port = 6
		}
	}
	columns := []canvas.Column{
		{Title: "NAME", Least: min(name, 12), Most: name + 2},
		{Title: "PID", Least: 7, Right: true, Rank: 4},
		{Title: "STATE", Least: 10, Most: 11},
		{Title: "UP", Least: 8, Right: true, Rank: 2},
		{Title: "RST", Least: 3, Right: true, Rank: 3},
		{Title: "CPU%", Least: 5, Right: true, Rank: 1},
		{Title: "", Least: 5, Most: 60, Rank: 6},
		{Title: "RSS", Least: 5, Right: true, Rank: 5},
		{Title: "PORT", Least: port, Rank: 7},
	}
	ws := canvas.Widths(columns, w-1)
	var out []*canvas.Line
	if h > 1 {
		out = append(out, canvas.TableHead(s.Glyphs, columns, ws))
	}
	rows := h - len(out)
	chosen := -1
	for i, v := range s.Snapshot.Processes {
		if v.Name == s.Selected {
			chosen = i
		}
	}
	p.First = canvas.Scrolled(p.First, chosen, len(s.Snapshot.Processes), rows)
	for i := p.First; i < len(s.Snapshot.Processes) && i < p.First+rows; i++ {
		out = append(out, serviceRow(s, &s.Snapshot.Processes[i], columns, ws, w))
	}
	return out
}

func serviceRow(s *scene.Scene, v *platform.Process, columns []canvas.Column, ws []int, w int) *canvas.Line {
	r := canvas.NewRow(s.Glyphs, columns, ws, v.Name == s.Selected)
	glyph, text, k := s.Mark(v)
	name := canvas.InkText
	if v.Name == s.Selected {
		name = canvas.InkStrong
	}
	pid, port := s.Glyphs.Dash, s.Glyphs.Dash
	if v.PID != 0 {
		pid = strconv.Itoa(v.PID)
	}
	if v.Port != 0 {
		port = ":" + strconv.Itoa(v.Port)
	}
	r.Text(name, v.Name).Text(canvas.InkDim, pid).Text(k, glyph+" "+text)
	if why := scene.Reason(v); why != "" {
		// The reason takes the place of figures, which mean little then.
		r.Put(canvas.InkText, " ")
		r.Cell(k, why, w-r.Width, false, s.Glyphs.Ellipsis)
		return r.Line
	}
	uptime := s.Glyphs.Dash
	if v.PID != 0 && !v.Started.IsZero() {
		uptime = canvas.ClockText(s.Now.Sub(v.Started))
	}
	restarts := canvas.InkDim
	if v.Restarts > 0 {
		restarts = canvas.InkWarn
	}
	r.Text(canvas.InkText, uptime).Text(restarts, strconv.Itoa(v.Restarts))
	if v.PID == 0 {
		return r.Text(canvas.InkDim, s.Glyphs.Dash).Text(canvas.InkText, "").Text(canvas.InkDim, s.Glyphs.Dash).Text(canvas.InkDim, port).Line
	}
	r.Text(canvas.InkText, fmt.Sprintf("%.1f", v.CPU))
	r.Drawn(func(l *canvas.Line, w int) { l.Spark(s.Glyphs, s.CPU.Last(v.Name, w), w, 100, 60, 90) })
	if v.RSS == 0 {
		return r.Text(canvas.InkDim, s.Glyphs.Dash).Text(canvas.InkDim, port).Line
	}
	return r.Text(canvas.InkText, canvas.BytesText(v.RSS)).Text(canvas.InkDim, port).Line
}
