package tui

import (
	"fmt"
	"slices"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

// detailsLabel is the width of the labels.
const detailsLabel = 14

// showDetails shows how the selected process was started and how it ended.
func (m *model) showDetails() {
	name := m.scene.Selected
	if m.scene.Process(name) == nil {
		return
	}
	m.dialog = &pager{title: strings.ToUpper(name), width: 110, content: func(m *model, w int) []*canvas.Line {
		p := m.scene.Process(name)
		if p == nil {
			return nil
		}
		lines := detailLines(&m.scene, p, w)
		return broken(lines, w)
	}}
}

// broken returns lines of w cells. A line that is wider is broken between words, and goes on
// below its value.
func broken(lines []*canvas.Line, w int) []*canvas.Line {
	var out []*canvas.Line
	for _, l := range lines {
		if l.Width <= w {
			out = append(out, l)
			continue
		}
		first := panel.Wrapped(l, w)[0]
		out = append(out, first)
		rest := l.From(first.Width)
		text := rest.String()
		rest = rest.From(len(text) - len(strings.TrimLeft(text, " ")))
		for _, part := range panel.Wrapped(rest, max(1, w-detailsLabel)) {
			out = append(out, (&canvas.Line{}).Gap(detailsLabel).Add(part))
		}
	}
	return out
}

func detailLines(s *scene.Scene, p *platform.Process, w int) []*canvas.Line {
	lines := statusLines(s, p)
	heading := func(text, note string) {
		lines = append(lines, &canvas.Line{}, canvas.Text(canvas.InkTitle, " "+text).Put(canvas.InkDim, note))
	}
	heading("PLOTS", "  "+panel.PlotsNote(s))
	lines = append(lines, panel.ProcessPlots(s, p, w)...)
	heading("COMMAND", "")
	indent := "   "
	for _, a := range p.Argv {
		lines = append(lines, canvas.Text(canvas.InkText, indent+canvas.Clean(a)))
		indent = "     "
	}
	heading("LAST EXITS", "")
	if len(p.Exits) == 0 {
		lines = append(lines, canvas.Text(canvas.InkDim, "   none since the platform started"))
	}
	for _, e := range slices.Backward(p.Exits) {
		k := canvas.InkText
		if e.Exit != platform.ExitSuccess {
			k = canvas.InkWarn
		}
		lines = append(lines, canvas.Text(canvas.InkDim, e.Time.In(s.Now.Location()).Format("   15:04:05  ")).Put(k, canvas.Clean(e.How)).
			Put(canvas.InkDim, fmt.Sprintf("  start %d, %s ago", e.Incarnation, canvas.Elapsed(s.Now.Sub(e.Time)))))
	}
	if len(p.Env) > 0 {
		heading("ENVIRONMENT", "  its settings only")
	}
	for _, e := range p.Env {
		name, value, _ := strings.Cut(canvas.Clean(e), "=")
		lines = append(lines, canvas.Text(canvas.InkText, "   "+name).Put(canvas.InkDim, "=").Put(canvas.InkText, value))
	}
	return lines
}

// statusLines are the figures of a process, a line each.
func statusLines(s *scene.Scene, p *platform.Process) []*canvas.Line {
	var lines []*canvas.Line
	put := func(name string, k canvas.Ink, text string) {
		l := (&canvas.Line{}).Cell(canvas.InkDim, " "+name, detailsLabel, false, s.Glyphs.Ellipsis)
		lines = append(lines, l.Put(k, text))
	}
	glyph, word, k := s.ProcessMark(p)
	put("state", k, strings.TrimSpace(glyph+" "+word+"  "+s.WhyNow(p)))
	put("service", canvas.InkText, canvas.Clean(p.Service))
	put("pid", canvas.InkText, fmt.Sprintf("%d, start %d, %s", p.PID, p.Incarnation, canvas.Count(p.Restarts, "restart")))
	if !p.Started.IsZero() {
		put("running", canvas.InkText, canvas.Elapsed(s.Now.Sub(p.Started)))
	}
	if p.Port != 0 {
		put("port", canvas.InkText, fmt.Sprint(p.Port))
	}
	put("log", canvas.InkText, canvas.Clean(p.LogPath))
	if p.LogLost > 0 {
		put("log lost", canvas.InkWarn, canvas.Size(p.LogLost))
	}
	return lines
}
