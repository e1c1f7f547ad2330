package panel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// controlRoles are the roles that choose the packager, in the order of the way from its
// health to the proxy.
func controlRoles() []layouts.Role {
	return []layouts.Role{layouts.Discovery, layouts.Reporter, layouts.Origin}
}

// chainDetail is how much a chain says. The proxy is in every one.
type chainDetail struct {
	// control: with the processes that choose the packager.
	control bool
	// standby: the word of packagers that could serve, words: that of those that cannot.
	standby, words bool
	// each: a mark for each packager, and each other process by its name; else numbers.
	each bool
	// short: without the receivers and the viewers. brief: only the packagers and the proxy, whose name may be
	// cut.
	short, brief bool
}

// briefName is the most cells that a name gets in a brief chain.
const briefName = 16

// chainDetails are the details of a chain, from what it likes best to the shortest.
func chainDetails() []chainDetail {
	return []chainDetail{
		{control: true, standby: true, words: true, each: true},
		{control: true, words: true, each: true},
		{words: true, each: true},
		{each: true},
		{},
		{short: true},
		{brief: true},
	}
}

// chain draws the pipeline as text, in up to h lines of w cells, with as much detail as they
// have room for.
func chain(s *scene.Scene, w, h int) []*canvas.Line {
	var out []*canvas.Line
	for _, d := range chainDetails() {
		d.standby = d.standby && w >= 60
		if out = flowed(d.pieces(s), w); len(out) <= h && !slices.ContainsFunc(out, func(l *canvas.Line) bool { return l.Width > w }) {
			break
		}
	}
	return out[:min(len(out), h)]
}

// flowed puts pieces into lines of w cells.
func flowed(pieces []*canvas.Line, w int) []*canvas.Line {
	out := []*canvas.Line{canvas.Text(canvas.InkText, " ")}
	for _, p := range pieces {
		l := out[len(out)-1]
		if l.Width > 1 && l.Width+p.Width > w {
			l = &canvas.Line{}
			out = append(out, l)
		}
		l.Add(p)
	}
	return out
}

// pieces returns the stations of the stream's way, each with the arrow before it.
func (d chainDetail) pieces(s *scene.Scene) []*canvas.Line {
	way := " " + s.Glyphs.Box[0] + s.Glyphs.Arrow + " "
	var parts []*canvas.Line
	station := func(l *canvas.Line) {
		switch {
		case l == nil:
		case len(parts) > 0:
			parts = append(parts, canvas.Text(canvas.InkDim, way).Add(l))
		default:
			parts = append(parts, l)
		}
	}
	if d.brief {
		station(d.packagers(s))
		station(d.group(s, s.OwnOfRole(layouts.Proxy)))
		return parts
	}
	if !d.short {
		station(d.group(s, s.OwnOfRole(layouts.Receiver)))
	}
	station(d.group(s, s.OwnOfRole(layouts.Worker)))
	station(d.packagers(s))
	station(d.group(s, s.OwnOfRole(layouts.Proxy)))
	if !d.short {
		station(d.group(s, s.OwnOfRole(layouts.Viewer)))
	}
	if d.control {
		parts = append(parts, controls(s))
	}
	return parts
}

// group returns processes of one role; nil without any.
func (d chainDetail) group(s *scene.Scene, list []*platform.Process) *canvas.Line {
	if len(list) == 0 {
		return nil
	}
	l := &canvas.Line{}
	if !d.each && len(list) > 1 {
		works := 0
		for _, p := range list {
			if p.Works() {
				works++
			}
		}
		return l.Put(canvas.InkText, fmt.Sprintf("%s %d of %d", list[0].Role, works, len(list)))
	}
	for i, p := range list {
		if i > 0 {
			l.Put(canvas.InkText, " ")
		}
		glyph, _, k := s.ProcessMark(p)
		name := p.Name
		if d.brief {
			name = ansi.Truncate(name, briefName, s.Glyphs.Ellipsis)
		}
		l.Put(canvas.InkText, name).Put(k, glyph)
	}
	return l
}

// packagers returns the packagers by their numbers; nil without any.
func (d chainDetail) packagers(s *scene.Scene) *canvas.Line {
	list := shownPackagers(s)
	if len(list) == 0 {
		return nil
	}
	l := canvas.Text(canvas.InkDim, "[")
	if !d.each {
		usable := 0
		for _, p := range list {
			if p.Usable {
				usable++
			}
		}
		return l.Put(canvas.InkText, fmt.Sprintf("%d of %d", usable, len(list))).Put(canvas.InkDim, "]")
	}
	for i, p := range list {
		if i > 0 {
			l.Put(canvas.InkDim, " | ")
		}
		glyph, word, k := s.HealthMark(p)
		l.Put(canvas.InkText, s.PackagerLabel(p.Title, p.Number)).Put(k, glyph)
		switch {
		case !p.Usable && d.words:
			l.Put(k, " "+word)
		case p.Usable && p.Active:
			l.Put(canvas.InkGoodStrong, " ACTIVE")
		case p.Usable && d.standby:
			role, k := s.RoleMark(p)
			l.Put(k, " "+role)
		}
	}
	return l.Put(canvas.InkDim, "]")
}

// controls returns the processes that choose the packager, by the first letters of their
// names.
func controls(s *scene.Scene) *canvas.Line {
	l := &canvas.Line{}
	for _, role := range controlRoles() {
		for _, p := range s.OwnOfRole(role) {
			glyph, _, k := s.ProcessMark(p)
			name := p.Name
			if len(name) > 4 {
				name = strings.ToLower(name[:4])
			}
			l.Put(canvas.InkText, "  ").Put(canvas.InkDim, name).Put(k, glyph)
		}
	}
	return l
}

// drawnSignal returns the signal that the pipeline is drawn for: the one that is worst off,
// or else the first that has packagers; empty when none has.
func drawnSignal(s *scene.Scene) string {
	if s.Light.State == platform.AirOff || s.Light.State == platform.AirOffSoon {
		if worst, _, found := s.Light.Worst(); found {
			return worst.Signal
		}
	}
	if len(s.Packagers) == 0 {
		return ""
	}
	return s.Packagers[0].Signal
}

// shownPackagers returns each packager once, as it is for the signal that is drawn, or else for
// its first.
func shownPackagers(s *scene.Scene) []scene.Packager {
	var list []scene.Packager
	at, signal := map[string]int{}, drawnSignal(s)
	for _, p := range s.Packagers {
		i, seen := at[p.Title]
		switch {
		case !seen:
			at[p.Title] = len(list)
			list = append(list, p)
		case p.Signal == signal:
			list[i] = p
		}
	}
	return list
}
