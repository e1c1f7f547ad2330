package panel

import (
	"fmt"
	"strings"

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

// chain draws the pipeline as text, in up to h lines of w cells.
func chain(s *scene.Scene, w, h int) []*canvas.Line {
	way := " " + s.Glyphs.Box[0] + s.Glyphs.Arrow + " "
	var parts []*canvas.Line
	group := func(list []*platform.Process) {
		if len(list) == 0 {
			return
		}
		l := &canvas.Line{}
		if len(parts) > 0 {
			l.Put(canvas.InkDim, way)
		}
		for i, p := range list {
			if i > 0 {
				l.Put(canvas.InkText, " ")
			}
			glyph, _, k := s.ProcessMark(p)
			l.Put(canvas.InkText, p.Name).Put(k, glyph)
		}
		parts = append(parts, l)
	}
	group(s.OfRole(layouts.Worker))
	if list := shownPackagers(s); len(list) > 0 {
		l := &canvas.Line{}
		if len(parts) > 0 {
			l.Put(canvas.InkDim, way)
		}
		l.Put(canvas.InkDim, "[")
		for i, p := range list {
			if i > 0 {
				l.Put(canvas.InkDim, " | ")
			}
			glyph, word, k := s.HealthMark(p)
			l.Put(canvas.InkText, fmt.Sprint(p.Number)).Put(k, glyph)
			switch {
			case !p.Usable:
				l.Put(k, " "+word)
			case p.Active:
				l.Put(canvas.InkGoodStrong, " ACTIVE")
			case w >= 60:
				role, k := s.RoleMark(p)
				l.Put(k, " "+role)
			}
		}
		parts = append(parts, l.Put(canvas.InkDim, "]"))
	}
	group(s.OfRole(layouts.Proxy))
	group(s.OfRole(layouts.Viewer))
	rest := &canvas.Line{}
	for _, role := range controlRoles() {
		for _, p := range s.OfRole(role) {
			glyph, _, k := s.ProcessMark(p)
			name := p.Name
			if len(name) > 4 {
				name = strings.ToLower(name[:4])
			}
			rest.Put(canvas.InkText, "  ").Put(canvas.InkDim, name).Put(k, glyph)
		}
	}
	out := []*canvas.Line{canvas.Text(canvas.InkText, " ")}
	for _, p := range append(parts, rest) {
		l := out[len(out)-1]
		if l.Width > 1 && l.Width+p.Width > w {
			if len(out) == h {
				break
			}
			l = &canvas.Line{}
			out = append(out, l)
		}
		l.Add(p)
	}
	return out
}
