package panel

import (
	"fmt"
	"strconv"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// services lists the processes. Keys act on the selected one.
type services struct {
	canvas.Scroll
	// headless means that there was no room for the table's head.
	headless bool
}

func (*services) Title(s *scene.Scene) (name, note string) { return "SERVICES", working(s) }

// working says how many processes do their work.
func working(s *scene.Scene) string {
	return fmt.Sprintf("%d of %d up", s.Working(), len(s.Snapshot.Processes))
}

func (*services) Content(s *scene.Scene, _ int) layouts.Content {
	n := len(s.Snapshot.Processes)
	return layouts.Content{Least: min(n, 8) + 1, Want: n + 1}
}

func (*services) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (*services) Move(s *scene.Scene, m Motion, page int) {
	s.Select(s.ProcessNames(), m.lines(page))
}

// Click implements Clicker: it selects a process.
func (p *services) Click(s *scene.Scene, line int) {
	if !p.headless {
		line--
	}
	if i := p.First() + line; line >= 0 && i < len(s.Snapshot.Processes) {
		s.Selected = s.Snapshot.Processes[i].Name
	}
}

func (p *services) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	name, port := 6, 5
	for _, v := range s.Snapshot.Processes {
		name = max(name, len(v.Name))
		if v.Port > 9999 {
			port = 6
		}
	}
	table := canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "NAME", Least: min(name, 12), Most: name + 2},
		{Title: "PID", Least: 7, Right: true, Rank: 4},
		{Title: "STATE", Least: 10, Most: 11},
		{Title: "UP", Least: 8, Right: true, Rank: 2},
		{Title: "RST", Least: 3, Right: true, Rank: 3},
		{Title: "CPU%", Least: 5, Right: true, Rank: 1},
		{Title: "", Least: 5, Most: 60, Rank: 6},
		{Title: "RSS", Least: 5, Right: true, Rank: 5},
		{Title: "PORT", Least: port, Rank: 7},
	}, w)
	var out []*canvas.Line
	if p.headless = h <= 1; !p.headless {
		out = append(out, table.Head())
	}
	chosen := -1
	for i, v := range s.Snapshot.Processes {
		if v.Name == s.Selected {
			chosen = i
		}
	}
	from, to := p.Show(chosen, len(s.Snapshot.Processes), h-len(out))
	for i := from; i < to; i++ {
		out = append(out, serviceRow(s, table, &s.Snapshot.Processes[i], w))
	}
	return append(out, chartsBelow(s, processCharts(s.SelectedProcess()), w, h-len(out))...)
}

// cpuLeast is the CPU in percent of a core that a full column stands for at least: below it
// there is nothing but noise.
const cpuLeast = 2

// cpuMuch and cpuHigh are the CPU in percent of a core from which its ink is another.
const (
	cpuMuch = 60
	cpuHigh = 90
)

// cpuSpark draws the CPU of a process on a scale of its own: the shape tells what it does,
// the figure beside it how much, and the colour whether that is near a whole core.
func cpuSpark(s *scene.Scene, l *canvas.Line, name string, w int) {
	list := s.Figures(series.CPU, name, w)
	most := max(cpuLeast, canvas.Percentile(canvas.Present(list), 100))
	l.Spark(s.Glyphs, list, w, most*1.05, cpuMuch, cpuHigh)
}

// reasons returns a process's reason, then the same in fewer and fewer words.
func reasons(p *platform.Process, why string) []string {
	list := []string{why}
	if p.Unheard {
		return append(list, why[strings.Index(why, "not heard"):], "not heard")
	}
	if p.Progress != nil {
		stage := canvas.Clean(p.Progress.Stage)
		if p.Progress.Percent < 0 {
			return append(list, stage)
		}
		percent := fmt.Sprintf("%.0f %%", p.Progress.Percent)
		return append(list, stage+" "+percent, percent)
	}
	short := strings.NewReplacer("exit status ", "exit ", "signal: ", "", "restarting ", "back ", "trying again ", "again ", "tried again ", "again ").Replace(why)
	list = append(list, short)
	if rest, waits := strings.CutPrefix(short, "waiting for "); waits {
		return append(list, "for "+rest)
	}
	if first, last := strings.IndexAny(short, ",;"), strings.LastIndexAny(short, ",;"); last > 0 && (p.State == platform.Backoff || p.State == platform.Failed) {
		// When it is back matters more than why it ended.
		return append(list, short[:first]+short[last:], strings.TrimSpace(short[last+1:]))
	}
	return append(list, clauses(short)...)
}

func serviceRow(s *scene.Scene, table *canvas.Table, v *platform.Process, w int) *canvas.Line {
	r := table.Row(v.Name == s.Selected)
	glyph, text, k := s.ProcessMark(v)
	name := canvas.InkText
	switch {
	case v.Unheard:
		name = canvas.InkDim
	case v.Name == s.Selected:
		name = canvas.InkStrong
	}
	dash := s.Glyphs.Dash
	pid, port, uptime := dash, dash, dash
	if v.PID != 0 {
		pid = strconv.Itoa(v.PID)
	}
	if v.Port != 0 {
		port = ":" + strconv.Itoa(v.Port)
	}
	r.Text(name, v.Name).Text(canvas.InkDim, pid).Text(k, glyph+" "+text)
	if why := s.WhyNow(v); why != "" {
		// The figures mean little then, and make room for the reason.
		r.Put(canvas.InkText, " ")
		return r.Put(k, canvas.Fitting(w-r.Width, s.Glyphs.Ellipsis, reasons(v, why)...))
	}
	if v.PID != 0 && !v.Started.IsZero() {
		uptime = canvas.Elapsed(s.Now.Sub(v.Started))
	}
	restarts := canvas.InkDim
	if v.Again() > 0 {
		restarts = canvas.InkWarn
	}
	r.Text(canvas.InkText, uptime).Text(restarts, strconv.Itoa(v.Again()))
	if v.PID == 0 {
		return r.Text(canvas.InkDim, dash).Text(canvas.InkText, "").Text(canvas.InkDim, dash).Text(canvas.InkDim, port).Line
	}
	r.Text(canvas.InkText, fmt.Sprintf("%.1f", v.CPU))
	r.Drawn(func(l *canvas.Line, w int) { cpuSpark(s, l, v.Name, w) })
	if v.RSS == 0 {
		return r.Text(canvas.InkDim, dash).Text(canvas.InkDim, port).Line
	}
	return r.Text(canvas.InkText, canvas.Size(v.RSS)).Text(canvas.InkDim, port).Line
}
