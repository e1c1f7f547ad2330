package tui

import (
	"fmt"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// pipelinePanel draws the way of the media from the workers to the viewers, and
// below it who decides about it.
type pipelinePanel struct{}

func (*pipelinePanel) title(s *scene) (name, note string) {
	down := 0
	for _, p := range s.snapshot.Processes {
		if !p.Works() {
			down++
		}
	}
	return "PIPELINE", fmt.Sprintf("%d of %d up", len(s.snapshot.Processes)-down, len(s.snapshot.Processes))
}

func (*pipelinePanel) content(s *scene, w int) layouts.Content {
	rows := len(s.drawing(w - 2))
	return layouts.Content{Least: 1, Want: rows, Whole: true}
}

func (*pipelinePanel) stamp(s *scene) uint64 { return s.stamp }

func (*pipelinePanel) move(s *scene, m motion, page int) { s.step(s.processNames(), m.by(page)) }

func (*pipelinePanel) lines(s *scene, w, h int) []*line {
	if d := s.drawing(w); len(d) <= h && h > 1 {
		return d
	}
	return s.chain(w, h)
}

// drawing is the whole picture in w cells; nil where it does not fit.
func (s *scene) drawing(w int) []*line {
	for detail := 2; detail >= 0; detail-- {
		d := &drawing{s: s, detail: detail}
		if lines := d.draw(); d.width() <= w {
			return center(lines, w)
		}
	}
	return nil
}

// center moves the picture to the middle, though not far.
func center(lines []*line, w int) []*line {
	widest := 0
	for _, l := range lines {
		widest = max(widest, l.width)
	}
	left := min((w-widest)/2, 24)
	if left <= 0 {
		return lines
	}
	out := make([]*line, len(lines))
	for i, l := range lines {
		out[i] = (&line{}).put(inkText, blanks(left)).add(l)
	}
	return out
}

// spread are the rows of n things and how many rows that makes: with a row
// between two, close together from three on.
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

// centred are the rows of n things beside things in total rows.
func centred(n, total int) []int {
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

func rowsOf(list []int) int {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1] + 1
}

func (d *drawing) draw() []*line {
	s := d.s
	workers, middle, proxies, viewers := s.ofRole(layouts.Worker), s.shownPackagers(), s.ofRole(layouts.Proxy), s.ofRole(layouts.Viewer)
	total := max(rowsOf(spread(len(middle))), rowsOf(spread(len(workers))), rowsOf(spread(len(proxies))), rowsOf(spread(len(viewers))), 1)
	trunk := (total - 1) / 2

	x := 0
	var left []*line
	for _, p := range workers {
		left = append(left, d.node(p, ""))
	}
	var nodes []*line
	for _, p := range middle {
		nodes = append(nodes, d.packager(p))
	}
	var right []*line
	for _, p := range proxies {
		right = append(right, d.node(p, ""))
	}
	var last []*line
	for _, p := range viewers {
		last = append(last, d.node(p, d.viewer(p)))
	}
	leftRows, nodeRows := centred(len(left), total), centred(len(nodes), total)
	rightRows, lastRows := centred(len(right), total), centred(len(last), total)

	x = d.column(left, leftRows, x)
	nodesAt := x
	x = d.junction(x, leftRows, nodeRows, trunk, func(i int) link { return linkOf(workers[i], nil) }, func(i int) link {
		l := linkOf(anyOf(workers), middle[i].process)
		if l == linkWell && middle[i].Active {
			l = linkActive
		}
		return l
	})
	packagersAt := x
	x = d.column(nodes, nodeRows, x)
	x = d.junction(x, nodeRows, rightRows, trunk, func(i int) link { return s.serving(middle[i], anyOf(proxies)) }, func(i int) link {
		return d.fed(middle, proxies[i])
	})
	proxyAt := x
	x = d.column(right, rightRows, x)
	d.junction(x, rightRows, lastRows, trunk, func(i int) link { return d.fed(middle, proxies[i]) }, func(i int) link {
		l := linkOf(anyOf(proxies), viewers[i])
		if l == linkWell && s.light.State == platform.AirOn {
			l = linkActive
		}
		return l
	})
	if len(last) > 0 {
		for i, row := range lastRows {
			d.put(row, len(d.rows[row])+1, last[i])
		}
	}
	d.control(total, nodesAt, packagersAt, proxyAt)
	return d.lines()
}

// column puts nodes below each other and returns the column after the widest.
func (d *drawing) column(nodes []*line, rows []int, x int) int {
	if len(nodes) == 0 {
		return x
	}
	end := x
	for i, n := range nodes {
		end = max(end, d.put(rows[i], x+1, n))
	}
	return end + 1
}

// junction draws from the nodes at the left to those at the right: a stub of
// each, and where they are not one and one in a row, a vertical between.
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
		d.horizontal(from[0], x, x+stub+1, l)
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
	// The active last, so that it lies on top.
	for _, active := range []bool{false, true} {
		for i, y := range from {
			if l := fromLink(i); (l == linkActive) == active {
				start := x
				for start > 0 && d.at(y, start-1).text == "" && d.at(y, start-1).joint == (joint{}) && start > x-40 {
					start--
				}
				d.horizontal(y, start+1, mid, l)
				d.stroke(y, mid, joint{left: 1}, l)
				d.vertical(mid, y, meet, l)
			}
		}
		for i, y := range to {
			if l := toLink(i); (l == linkActive) == active {
				d.stroke(y, mid, joint{right: 1}, l)
				d.vertical(mid, y, meet, l)
				d.horizontal(y, mid+1, mid+1+stub, l)
				d.arrow(y, mid+1+stub, l)
			}
		}
	}
	return mid + 2 + stub
}

// shownPackagers are those of the first signal: each stands once.
func (s *scene) shownPackagers() []packager {
	var list []packager
	seen := map[string]bool{}
	for _, p := range s.packagers {
		if !seen[p.name] {
			seen[p.name] = true
			list = append(list, p)
		}
	}
	return list
}

// node is a process's name and state.
func (d *drawing) node(p *platform.Process, note string) *line {
	l := &line{}
	k := inkStrong
	if p.Name == d.s.selected {
		k = inkKey
	}
	glyph, word, stateInk := d.s.mark(p)
	l.put(k, p.Name).put(stateInk, " "+glyph)
	if d.detail > 0 && (!p.Works() || p.State != platform.Ready) {
		l.put(stateInk, " "+word)
	} else if d.detail > 0 && note != "" {
		l.put(inkDim, " "+note)
	}
	return l
}

func (d *drawing) viewer(p *platform.Process) string {
	stalls, speaks := 0, false
	for _, v := range d.s.viewers {
		if v.Process == p.Name {
			stalls, speaks = stalls+v.Stalls, true
		}
	}
	if !speaks {
		return ""
	}
	return plural(stalls, "stall", "stalls")
}

// packager is one with its role, and its position where there is room. Its
// columns are as wide in every row, so that the ways begin below each other.
func (d *drawing) packager(p packager) *line {
	l := &line{}
	k := inkStrong
	if p.name == d.s.selected {
		k = inkKey
	}
	glyph, word, stateInk := d.s.health(p)
	name := 0
	for _, o := range d.s.packagers {
		name = max(name, ansi.StringWidth(o.name))
	}
	role, roleInk := d.s.role(p)
	l.cell(k, p.name, name, false, d.s.g.ellipsis).put(stateInk, " "+glyph+" ")
	if d.detail == 0 {
		return l.cell(roleInk, role, 7, false, "")
	}
	if d.detail == 1 {
		if !p.Usable {
			return l.cell(stateInk, word, 8, false, "")
		}
		return l.cell(roleInk, role, 8, false, "")
	}
	l.cell(roleInk, role, 7, false, "")
	text := ""
	switch {
	case !p.Usable || !p.Reported:
		return l.cell(stateInk, "  "+word, 24, false, d.s.g.ellipsis)
	case p.Status.MSN >= 0:
		text = fmt.Sprintf("  msn %d  +%s", p.Status.MSN, ageText(max(p.Status.AgeMS, 0)))
	}
	return l.cell(inkDim, text, 24, false, d.s.g.ellipsis)
}

// control draws who decides: discovery, reporter, origin, and from there to the
// proxy; and whatever else runs.
func (d *drawing) control(total, nodesAt, packagersAt, proxyAt int) {
	s := d.s
	row := total + 1
	x := max(packagersAt, nodesAt) + 1
	if d.detail == 0 {
		x = 1
	}
	var chain []*platform.Process
	for _, kind := range []layouts.Role{layouts.Discovery, layouts.Reporter, layouts.Origin} {
		chain = append(chain, s.ofRole(kind)...)
	}
	var others []*platform.Process
	for i := range s.snapshot.Processes {
		p := &s.snapshot.Processes[i]
		switch p.Role {
		case layouts.Worker, layouts.Packager, layouts.Proxy, layouts.Viewer, layouts.Discovery, layouts.Reporter, layouts.Origin:
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
		case chain[i-1].Role == p.Role: // the one stands in for the other
			x += 2
		default:
			l := linkOf(chain[i-1], p)
			d.horizontal(row, x+1, x+4, l)
			d.arrow(row, x+4, l)
			x += 6
		}
		x = d.put(row, x, d.node(p, ""))
		last = x
	}
	if d.detail > 0 && len(chain) > 0 && chain[0].Role == layouts.Discovery {
		d.text(row-1, start+2, inkDim, s.g.vertical+" health")
	}
	up := proxyAt + 2
	if len(chain) > 0 && chain[len(chain)-1].Role == layouts.Origin && proxyAt > 0 && len(s.ofRole(layouts.Proxy)) > 0 && up > last+3 {
		l := linkOf(chain[len(chain)-1], nil)
		d.horizontal(row, last+1, up, l)
		d.stroke(row, up, joint{left: 1, up: 1}, l)
		k, _ := way(l)
		for y := row - 1; y > d.below(up); y-- {
			d.text(y, up, k, s.g.vertical)
		}
		x = up + 1
	}
	for _, p := range others {
		x = d.put(row, x+2, d.node(p, ""))
	}
}
