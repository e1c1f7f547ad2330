package panel

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// machines lists the machines of the cluster. Keys act on the chosen one.
type machines struct {
	canvas.Scroll
	headless bool // there was no room for the table's head
}

func (*machines) Title(s *scene.Scene) (name, note string) {
	list := s.Snapshot.Machines
	heard := 0
	for _, m := range list {
		if m.State.IsHeard() {
			heard++
		}
	}
	if len(list) == 0 {
		return "MACHINES", "one"
	}
	return "MACHINES", fmt.Sprintf("%d of %d heard", heard, len(list))
}

func (*machines) Content(s *scene.Scene, _ int) layouts.Content {
	n := max(1, len(s.Snapshot.Machines))
	return layouts.Content{Least: min(n, 3) + 1, Want: n + 1}
}

func (*machines) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (*machines) Move(s *scene.Scene, m Motion, page int) { s.MoveMachine(m.lines(page)) }

// Click implements Clicker: it chooses a machine.
func (p *machines) Click(s *scene.Scene, line int) {
	if !p.headless {
		line--
	}
	if i := p.First() + line; line >= 0 && i < len(s.Snapshot.Machines) {
		s.MachineChoice = s.Snapshot.Machines[i].Name
	}
}

// machinesTable lays out the columns in w cells.
func machinesTable(s *scene.Scene, w int) *canvas.Table {
	name, links, address := 7, 5, 7
	for _, m := range s.Snapshot.Machines {
		name = max(name, ansi.StringWidth(machineName(m)))
		links = max(links, ansi.StringWidth(linksText(m)))
		address = max(address, ansi.StringWidth(canvas.Clean(m.Address)))
	}
	return canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "MACHINE", Least: min(name, 12), Most: name + 2},
		{Title: "STATE", Least: 10, Most: 11},
		{Title: "UP", Least: 5, Right: true},
		{Title: "LOAD", Least: 7, Most: 9, Right: true, Rank: 2},
		{Title: "MEM", Least: 4, Right: true, Rank: 3},
		{Title: "CLOCK", Least: 7, Right: true},
		{Title: "ENGINE", Least: 9, Rank: 1},
		{Title: "LINKS", Least: min(links, 18), Most: min(links, 60), Rank: 4},
		{Title: "ADDRESS", Least: min(address, 15), Most: min(address, 40), Rank: 5},
		{Title: "LAYOUT", Least: 8, Most: 12, Rank: 6},
		{Title: "VERSION", Least: 8, Most: 24, Rank: 7},
	}, w)
}

// shows reports whether a table has a column.
func shows(t *canvas.Table, title string) bool { return strings.Contains(t.Head().String(), title) }

// isTold reports whether a machine's row has a reason instead of figures.
func isTold(m platform.Machine) bool {
	return canvas.Clean(m.Reason) != "" && (m.State != platform.MachineUp || !isClockOff(m))
}

// machineDetails say of a machine what its row has no room for: label and text, a line each.
func machineDetails(s *scene.Scene, table *canvas.Table, m platform.Machine) []*canvas.Line {
	out := []*canvas.Line{{}}
	for _, d := range [][2]string{{"ADDRESS", m.Address}, {"LAYOUT", m.Layout}, {"VERSION", m.Version}, {"LINKS", linksText(m)}} {
		if text := canvas.Clean(d[1]); text != "" && (isTold(m) || !shows(table, d[0])) {
			out = append(out, (&canvas.Line{}).Cell(canvas.InkDim, " "+d[0], 10, false, s.Glyphs.Ellipsis).Put(canvas.InkText, text))
		}
	}
	if len(out) > 1 {
		out[0] = canvas.Text(canvas.InkTitle, " MACHINE "+canvas.Clean(m.Name))
		out = append([]*canvas.Line{{}}, out...)
	}
	return out
}

func (p *machines) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	list := s.Snapshot.Machines
	if len(list) == 0 {
		p.Show(-1, 0, h)
		return []*canvas.Line{canvas.Text(canvas.InkDim, " "+canvas.Shortened("this platform runs on one machine", w-2, s.Glyphs.Ellipsis))}
	}
	table := machinesTable(s, w)
	var out []*canvas.Line
	if p.headless = h <= 1; !p.headless {
		out = append(out, table.Head())
	}
	chosen, at := s.ChosenMachine(), -1
	for i := range list {
		if list[i].Name == chosen.Name {
			at = i
		}
	}
	from, to := p.Show(at, len(list), h-len(out))
	for i := from; i < to; i++ {
		out = append(out, machineRow(s, table, list[i], i == at, w))
	}
	if details := machineDetails(s, table, list[at]); to-from == len(list) && len(out)+len(details) <= h {
		out = append(out, details...)
	}
	return out
}

func machineRow(s *scene.Scene, table *canvas.Table, m platform.Machine, chosen bool, w int) *canvas.Line {
	r := table.Row(chosen)
	glyph, word, k := s.MachineMark(m)
	name := canvas.InkText
	switch {
	case !m.State.IsHeard():
		name = canvas.InkDim
	case chosen:
		name = canvas.InkStrong
	}
	r.Text(name, machineName(m)).Text(k, glyph+" "+word)
	if why := canvas.Clean(m.Reason); isTold(m) {
		// The figures are old then, or mean little, and make room for the reason.
		r.Put(canvas.InkText, " ")
		return r.Put(k, canvas.Fitting(w-r.Width, s.Glyphs.Ellipsis, append([]string{why}, clauses(why)...)...))
	}
	up := canvas.InkText
	if m.Working < m.Processes {
		up = canvas.InkWarn
	}
	r.Text(up, fmt.Sprintf("%d/%d", m.Working, m.Processes))
	r.Text(loadInk(m), fmt.Sprintf("%.1f/%d", m.Load, m.CPUs))
	r.Text(memoryInk(m), memoryText(s, m))
	r.Text(clockInk(m), clockText(m))
	engine, engineInk := m.Engine, canvas.InkText
	switch engine {
	case "":
		engine, engineInk = s.Glyphs.Dash, canvas.InkDim
	case platform.EngineAlone, platform.EngineUnreached:
		engineInk = canvas.InkBad
	}
	r.Text(engineInk, canvas.Clean(engine)).Text(canvas.InkDim, linksText(m))
	return r.Text(canvas.InkDim, canvas.Clean(m.Address)).Text(canvas.InkDim, canvas.Clean(m.Layout)).Text(canvas.InkDim, canvas.Clean(m.Version)).Line
}

// machineName is a machine's name, marked where it is this one.
func machineName(m platform.Machine) string {
	if m.Own {
		return canvas.Clean(m.Name) + " here"
	}
	return canvas.Clean(m.Name)
}

// linksText says how long a round trip to each of the other machines takes.
func linksText(m platform.Machine) string {
	var list []string
	for _, l := range m.Links {
		list = append(list, canvas.Clean(l.To)+" "+canvas.Millis(l.RTTms))
	}
	return strings.Join(list, " ")
}

// memoryText is how much of the memory is used.
func memoryText(s *scene.Scene, m platform.Machine) string {
	if m.MemoryTotal <= 0 {
		return s.Glyphs.Dash
	}
	return fmt.Sprintf("%.0f%%", 100*float64(m.MemoryUsed)/float64(m.MemoryTotal))
}

func memoryInk(m platform.Machine) canvas.Ink {
	if m.MemoryTotal > 0 && float64(m.MemoryUsed) > 0.9*float64(m.MemoryTotal) {
		return canvas.InkWarn
	}
	return canvas.InkText
}

func loadInk(m platform.Machine) canvas.Ink {
	if m.CPUs > 0 && m.Load > float64(m.CPUs) {
		return canvas.InkWarn
	}
	return canvas.InkText
}

// clockText is how far the clock is ahead of most.
func clockText(m platform.Machine) string {
	switch off := math.Abs(m.OffsetMS); {
	case off < 0.5:
		return "right"
	case off < 9950:
		return fmt.Sprintf("%+.0fms", m.OffsetMS)
	}
	return fmt.Sprintf("%+.0fs", m.OffsetMS/1000)
}

// isClockOff reports whether a clock is off by as much as an operator has to know.
func isClockOff(m platform.Machine) bool { return math.Abs(m.OffsetMS) > platform.ClockWarningMS }

func clockInk(m platform.Machine) canvas.Ink {
	if isClockOff(m) {
		return canvas.InkWarn
	}
	return canvas.InkDim
}
