package tui

import (
	"fmt"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// chain is the picture in words, in up to h lines of w cells.
func (s *scene) chain(w, h int) []*line {
	way := " " + s.g.box[0] + s.g.arrow + " "
	var parts []*line
	group := func(list []*platform.Process) {
		if len(list) == 0 {
			return
		}
		l := &line{}
		if len(parts) > 0 {
			l.put(inkDim, way)
		}
		for i, p := range list {
			if i > 0 {
				l.put(inkText, " ")
			}
			glyph, _, k := s.mark(p)
			l.put(inkText, p.Name).put(k, glyph)
		}
		parts = append(parts, l)
	}
	group(s.ofRole(layouts.Worker))
	if list := s.shownPackagers(); len(list) > 0 {
		l := &line{}
		if len(parts) > 0 {
			l.put(inkDim, way)
		}
		l.put(inkDim, "[")
		for i, p := range list {
			if i > 0 {
				l.put(inkDim, " | ")
			}
			glyph, word, k := s.health(p)
			l.put(inkText, fmt.Sprint(p.Number)).put(k, glyph)
			switch {
			case !p.Usable:
				l.put(k, " "+word)
			case p.Active:
				l.put(inkGoodStrong, " ACTIVE")
			case w >= 60:
				role, k := s.role(p)
				l.put(k, " "+role)
			}
		}
		parts = append(parts, l.put(inkDim, "]"))
	}
	group(s.ofRole(layouts.Proxy))
	group(s.ofRole(layouts.Viewer))
	rest := &line{}
	for _, kind := range []layouts.Role{layouts.Discovery, layouts.Reporter, layouts.Origin} {
		for _, p := range s.ofRole(kind) {
			glyph, _, k := s.mark(p)
			name := p.Name
			if len(name) > 4 {
				name = strings.ToLower(name[:4])
			}
			rest.put(inkText, "  ").put(inkDim, name).put(k, glyph)
		}
	}
	out := []*line{(&line{}).put(inkText, " ")}
	for _, p := range append(parts, rest) {
		l := out[len(out)-1]
		if l.width > 1 && l.width+p.width > w {
			if len(out) == h {
				break
			}
			l = &line{}
			out = append(out, l)
		}
		l.add(p)
	}
	return out
}
