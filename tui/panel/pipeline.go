package panel

import (
	"fmt"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// pipeline draws the media's way from the receivers to the viewers, and below it the
// processes that choose the packager: those of the own machine, with the packagers of all.
type pipeline struct{}

func (*pipeline) Title(s *scene.Scene) (name, note string) {
	note = working(s)
	if signal := drawnSignal(s); signal != "" && len(s.Live) > 1 {
		note = canvas.Clean(signal) + " " + s.Glyphs.Dot + " " + note
	}
	return "PIPELINE", note
}

func (*pipeline) Content(s *scene.Scene, w int) layouts.Content {
	rows := len(drawn(s, w-2))
	return layouts.Content{Least: 1, Want: rows, Whole: true}
}

func (*pipeline) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (*pipeline) Move(s *scene.Scene, m Motion, page int) { s.Select(s.ProcessNames(), m.lines(page)) }

func (*pipeline) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	if d := drawn(s, w); d != nil && len(d) <= h && h > 1 {
		return d
	}
	return chain(s, w, h)
}

// drawing is the pipeline being drawn.
type drawing struct {
	canvas.Grid
	s *scene.Scene
	// detail is 2 for figures, 1 for words and 0 for names only.
	detail int
}

// drawn returns the whole drawing in w cells; nil means that it does not fit.
func drawn(s *scene.Scene, w int) []*canvas.Line {
	for detail := 2; detail >= 0; detail-- {
		d := &drawing{s: s, detail: detail}
		if lines := d.draw(); d.Width() <= w {
			return centered(lines, w)
		}
	}
	return nil
}

// centered moves the drawing towards the middle, though not far.
func centered(lines []*canvas.Line, w int) []*canvas.Line {
	widest := 0
	for _, l := range lines {
		widest = max(widest, l.Width)
	}
	left := min((w-widest)/2, 24)
	if left <= 0 {
		return lines
	}
	out := make([]*canvas.Line, len(lines))
	for i, l := range lines {
		out[i] = canvas.Text(canvas.InkText, canvas.Blanks(left)).Add(l)
	}
	return out
}

// spread returns the rows of n nodes: one apart if there are two, else adjoining.
func spread(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
		if n == 2 {
			rows[i] = 2 * i
		}
	}
	return rows
}

// spreadIn returns the rows of n nodes in the middle of total rows.
func spreadIn(n, total int) []int {
	rows := spread(n)
	if n == 0 {
		return rows
	}
	if off := (total - 1 - rows[n-1]) / 2; off > 0 {
		for i := range rows {
			rows[i] += off
		}
	}
	return rows
}

// height returns how many rows n nodes take.
func height(n int) int {
	if n == 0 {
		return 0
	}
	return spread(n)[n-1] + 1
}

// draw draws the columns of nodes with the links between them, and the processes that
// choose the packager below.
func (d *drawing) draw() []*canvas.Line {
	s := d.s
	workers, middle, proxies, viewers := s.OwnOfRole(layouts.Worker), shownPackagers(s), s.OwnOfRole(layouts.Proxy), s.OwnOfRole(layouts.Viewer)
	receivers := s.OwnOfRole(layouts.Receiver)
	total := max(height(len(middle)), height(len(workers)), height(len(receivers)), height(len(proxies)), height(len(viewers)), 1)
	trunk := (total - 1) / 2

	x := 0
	var first []*canvas.Line
	for _, p := range receivers {
		first = append(first, d.node(p, ""))
	}
	var left []*canvas.Line
	for _, p := range workers {
		left = append(left, d.node(p, ""))
	}
	var nodes []*canvas.Line
	for _, p := range middle {
		nodes = append(nodes, d.packager(p))
	}
	var right []*canvas.Line
	for _, p := range proxies {
		right = append(right, d.node(p, ""))
	}
	var last []*canvas.Line
	for _, p := range viewers {
		last = append(last, d.node(p, d.viewer(p)))
	}
	firstRows, leftRows, nodeRows := spreadIn(len(first), total), spreadIn(len(left), total), spreadIn(len(nodes), total)
	rightRows, lastRows := spreadIn(len(right), total), spreadIn(len(last), total)

	x = d.column(first, firstRows, x)
	x = d.junction(x, firstRows, leftRows, trunk, func(i int) link { return linkOf(receivers[i], nil) }, func(i int) link { return linkOf(anyOf(receivers), workers[i]) })
	x = d.column(left, leftRows, x)
	nodesAt := x
	x = d.junction(x, leftRows, nodeRows, trunk, func(i int) link { return linkOf(workers[i], nil) }, func(i int) link {
		l := linkOf(anyOf(workers), middle[i].Process)
		if l == linkWell && middle[i].Active {
			l = linkActive
		}
		return l
	})
	packagersAt := x
	x = d.column(nodes, nodeRows, x)
	x = d.junction(x, nodeRows, rightRows, trunk, func(i int) link { return serving(s, middle[i], anyOf(proxies)) }, func(i int) link {
		return d.fed(middle, proxies[i])
	})
	proxyAt := x
	x = d.column(right, rightRows, x)
	d.junction(x, rightRows, lastRows, trunk, func(i int) link { return d.fed(middle, proxies[i]) }, func(i int) link {
		l := linkOf(anyOf(proxies), viewers[i])
		if l == linkWell && s.Light.State == platform.AirOn {
			l = linkActive
		}
		return l
	})
	if len(last) > 0 {
		for i, row := range lastRows {
			d.Put(row, d.RowWidth(row)+1, last[i])
		}
	}
	d.control(total, nodesAt, packagersAt, proxyAt)
	return d.Lines(s.Glyphs)
}

// column puts nodes below each other and returns the column after the widest.
func (d *drawing) column(nodes []*canvas.Line, rows []int, x int) int {
	if len(nodes) == 0 {
		return x
	}
	end := x
	for i, n := range nodes {
		end = max(end, d.Put(rows[i], x+1, n))
	}
	return end + 1
}

// junction draws the links from the nodes at the left to those at the right: a stub at
// each, and a vertical line between unless it is one node to one in the same row. It
// returns the column after it.
func (d *drawing) junction(x int, from, to []int, trunk int, fromLink, toLink func(i int) link) int {
	if len(from) == 0 || len(to) == 0 {
		return x
	}
	stub := 2
	if d.detail == 0 {
		stub = 1
	}
	if len(from) == 1 && len(to) == 1 && from[0] == to[0] {
		l := max(fromLink(0), toLink(0))
		d.link(from[0], x, x+stub+1, l)
		d.arrow(from[0], x+stub+1, l)
		return x + stub + 2
	}
	mid := x + stub
	meet := trunk
	if len(from) == 1 {
		meet = from[0]
	} else if len(to) == 1 {
		meet = to[0]
	}
	// The active link is drawn last, so that it lies on top.
	for _, active := range []bool{false, true} {
		for i, y := range from {
			if l := fromLink(i); (l == linkActive) == active {
				start := x
				for start > 0 && d.Blank(y, start-1) && start > x-40 {
					start--
				}
				d.link(y, start+1, mid, l)
				d.Join(y, mid, canvas.Joint{Left: 1}, l.stroke())
				d.Vertical(mid, y, meet, l.stroke())
			}
		}
		for i, y := range to {
			if l := toLink(i); (l == linkActive) == active {
				d.Join(y, mid, canvas.Joint{Right: 1}, l.stroke())
				d.Vertical(mid, y, meet, l.stroke())
				d.link(y, mid+1, mid+1+stub, l)
				d.arrow(y, mid+1+stub, l)
			}
		}
	}
	return mid + 2 + stub
}

// link draws a link from x up to, but without, end. A broken or paused one has a sign in
// its middle.
func (d *drawing) link(y, x, end int, l link) {
	d.Horizontal(y, x, end, l.stroke())
	switch l {
	case linkBroken:
		d.Text(y, (x+end)/2, l.stroke().Ink, d.s.Glyphs.Broken)
	case linkPaused:
		d.Text(y, (x+end)/2, l.stroke().Ink, d.s.Glyphs.Waiting)
	}
}

// arrow draws the end of a link.
func (d *drawing) arrow(y, x int, l link) { d.Text(y, x, l.stroke().Ink, d.s.Glyphs.Arrow) }

// node returns a process's name and state, with a note if it is well.
func (d *drawing) node(p *platform.Process, note string) *canvas.Line {
	l := &canvas.Line{}
	k := canvas.InkStrong
	if p.Name == d.s.Selected {
		k = canvas.InkKey
	}
	glyph, word, stateInk := d.s.ProcessMark(p)
	l.Put(k, p.Name).Put(stateInk, " "+glyph)
	if d.detail > 0 && (!p.Works() || p.State != platform.Ready) {
		l.Put(stateInk, " "+word)
	} else if d.detail > 0 && note != "" {
		l.Put(canvas.InkDim, " "+note)
	}
	return l
}

// viewer returns the note of a viewer: its stalls, once it has reported any signal.
func (d *drawing) viewer(p *platform.Process) string {
	stalls, reported := 0, false
	for _, v := range d.s.Viewers {
		if v.Process == p.Name {
			stalls, reported = stalls+v.Stalls, true
		}
	}
	if !reported {
		return ""
	}
	return canvas.Count(stalls, "stall")
}

// packager returns a packager with its role, and its position where there is room. Its
// columns have the same widths in every row, so that the links begin below each other.
func (d *drawing) packager(p scene.Packager) *canvas.Line {
	l := &canvas.Line{}
	k := canvas.InkStrong
	if p.Title == d.s.Selected {
		k = canvas.InkKey
	}
	glyph, word, stateInk := d.s.HealthMark(p)
	name := 0
	for _, title := range d.s.Columns {
		name = max(name, ansi.StringWidth(title))
	}
	role, roleInk := d.s.RoleMark(p)
	l.Cell(k, p.Title, name, false, d.s.Glyphs.Ellipsis).Put(stateInk, " "+glyph+" ")
	if d.detail == 0 {
		return l.Cell(roleInk, role, 7, false, "")
	}
	if d.detail == 1 {
		if !p.Usable {
			return l.Cell(stateInk, word, 8, false, "")
		}
		return l.Cell(roleInk, role, 8, false, "")
	}
	l.Cell(roleInk, role, 7, false, "")
	text := ""
	switch {
	case !p.Usable || !p.Reported:
		return l.Cell(stateInk, "  "+word, 24, false, d.s.Glyphs.Ellipsis)
	case p.Status.MSN >= 0:
		text = fmt.Sprintf("  msn %d  +%s", p.Status.MSN, canvas.Age(max(p.Status.AgeMS, 0)))
	}
	return l.Cell(canvas.InkDim, text, 24, false, d.s.Glyphs.Ellipsis)
}

// control draws the processes that choose the packager, from discovery to the proxy, and
// behind them those without a place in the drawing.
func (d *drawing) control(total, nodesAt, packagersAt, proxyAt int) {
	s := d.s
	row := total + 1
	x := max(packagersAt, nodesAt) + 1
	if d.detail == 0 {
		x = 1
	}
	var chain, others []*platform.Process
	for _, role := range controlRoles() {
		chain = append(chain, s.OwnOfRole(role)...)
	}
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		if !p.IsOwn() {
			continue
		}
		switch p.Role {
		case layouts.Receiver, layouts.Worker, layouts.Packager, layouts.Proxy, layouts.Viewer, layouts.Discovery, layouts.Reporter, layouts.Origin:
		default:
			others = append(others, p)
		}
	}
	if len(chain) == 0 && len(others) == 0 {
		return
	}
	start := x
	last := x
	for i, p := range chain {
		switch {
		case i == 0:
		case chain[i-1].Role == p.Role: // one stands in for the other
			x += 2
		default:
			l := linkOf(chain[i-1], p)
			d.link(row, x+1, x+4, l)
			d.arrow(row, x+4, l)
			x += 6
		}
		x = d.Put(row, x, d.node(p, ""))
		last = x
	}
	if d.detail > 0 && len(chain) > 0 && chain[0].Role == layouts.Discovery {
		d.Text(row-1, start+2, canvas.InkDim, s.Glyphs.Vertical+" health")
	}
	up := proxyAt + 2
	if len(chain) > 0 && chain[len(chain)-1].Role == layouts.Origin && proxyAt > 0 && len(s.OwnOfRole(layouts.Proxy)) > 0 && up > last+3 {
		l := linkOf(chain[len(chain)-1], nil)
		d.link(row, last+1, up, l)
		d.Join(row, up, canvas.Joint{Left: 1, Up: 1}, l.stroke())
		k := l.stroke().Ink
		for y := row - 1; y > d.Lowest(up); y-- {
			d.Text(y, up, k, s.Glyphs.Vertical)
		}
		x = up + 1
	}
	for _, p := range others {
		x = d.Put(row, x+2, d.node(p, ""))
	}
}
