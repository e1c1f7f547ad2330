package layouts

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"livestream-tui/layouts/document"
)

// The limits of a layout.
const (
	mostGrace  = 10 * time.Minute
	mostWeight = 100
	mostLines  = 1000 // of a screen
)

var (
	// processName stands in file names, socket paths and URLs.
	processName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	variableName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// restartPolicies are the values of Process.Restart.
func restartPolicies() []string { return []string{"always", "on-failure", "never"} }

// Parse reads a layout from YAML. file is its name, for errors and for
// Layout.Name. The error names each thing that is wrong on a line of its own:
// file, line, field, value and what is allowed. panels are the panels that there are;
// without any, a screen may name what it likes. Anchors and aliases are not read.
func Parse(file string, b []byte, panels ...string) (Layout, error) {
	p := &parse{Reader: document.Reader{File: file}, panels: panels}
	name := filepath.Base(file)
	p.layout.Name = strings.TrimSuffix(name, filepath.Ext(name))
	if root := p.Body(b, "processes and screens"); root != nil {
		p.root(root)
	}
	if err := p.Err(); err != nil {
		return Layout{}, err
	}
	p.layout.Warnings = p.Warnings()
	return p.layout, nil
}

// parse is one file on its way to a Layout.
type parse struct {
	document.Reader
	panels  []string // that there are; empty: any name may be one
	layout  Layout
	depends []dependency
}

// dependency is one entry of a depends_on, checked when all names are known.
type dependency struct {
	node     ast.Node
	path     string
	from, on string
}

// field is one key that a mapping may have, with the function that reads its value.
type field struct {
	name string
	read func(n ast.Node, path string)
}

// mapping reads the fields of n, each key at most once and no other.
func (p *parse) mapping(n ast.Node, path string, fields ...field) {
	list := make([]document.Field, len(fields))
	for i, f := range fields {
		list[i] = document.Field{Name: f.name, Read: f.read}
	}
	p.Mapping(n, path, list...)
}

func (p *parse) root(n ast.Node) {
	var shared map[string]string
	p.mapping(n, "",
		field{"about", func(n ast.Node, path string) { p.layout.About = p.Text(n, path) }},
		field{"environment", func(n ast.Node, path string) { shared = p.environment(n, path) }},
		field{"signals", func(n ast.Node, path string) { p.List(n, path, p.signal) }},
		field{"processes", func(n ast.Node, path string) { p.List(n, path, p.process) }},
		field{"screens", func(n ast.Node, path string) { p.List(n, path, p.screen) }},
	)
	if p.Problems() > 0 {
		return // what is missing may only be misspelt
	}
	if len(p.layout.Processes) == 0 {
		p.Bad(n, "processes", "at least one is needed")
	}
	if len(p.layout.Screens) == 0 {
		p.Bad(n, "screens", "at least one is needed")
	}
	p.checkDependencies()
	for i := range p.layout.Processes {
		if len(shared) == 0 {
			break
		}
		own := p.layout.Processes[i].Environment
		p.layout.Processes[i].Environment = maps.Clone(shared)
		maps.Copy(p.layout.Processes[i].Environment, own)
	}
	p.passSignals(n)
}

func (p *parse) process(n ast.Node, path string) {
	v := Process{Restart: "always"}
	var nodes []dependency
	var held ast.Node
	before := p.Problems()
	p.mapping(n, path,
		field{"name", func(n ast.Node, path string) {
			v.Name = p.Text(n, path)
			taken := slices.ContainsFunc(p.layout.Processes, func(o Process) bool { return o.Name == v.Name })
			switch {
			case taken:
				p.Bad(n, path, "%q stands twice; each process needs a name of its own", v.Name)
			case !processName.MatchString(v.Name):
				p.Bad(n, path, "%q: allowed are 1 to 32 lower-case letters, digits and -, the first a letter or digit", v.Name)
			}
		}},
		field{"service", func(n ast.Node, path string) { v.Service = p.OneOf(n, path, ServiceNames()) }},
		field{"port", func(n ast.Node, path string) { held = p.port(n, path, &v) }},
		field{"environment", func(n ast.Node, path string) { v.Environment = p.environment(n, path) }},
		field{"depends_on", func(n ast.Node, path string) {
			p.List(n, path, func(n ast.Node, path string) {
				v.DependsOn = append(v.DependsOn, p.Text(n, path))
				nodes = append(nodes, dependency{node: n, path: path})
			})
		}},
		field{"restart", func(n ast.Node, path string) { v.Restart = p.OneOf(n, path, restartPolicies()) }},
		field{"grace", func(n ast.Node, path string) { v.Grace = p.grace(n, path) }},
	)
	if p.Problems() == before {
		p.need(n, path, "name", v.Name)
		p.need(n, path, "service", v.Service)
	}
	if v.PortHeld && v.Role() == Packager { // now that the service is known, whatever the order of the fields
		p.Bad(held, document.Join(path, "port.held"), "%s is a packager, whose port is never held: its refusal is the fastest sign of its death; allowed is false", v.Service)
	}
	for i, d := range nodes { // now that the name is known, whatever the order of the fields
		d.from, d.on = v.Name, v.DependsOn[i]
		p.depends = append(p.depends, d)
	}
	p.layout.Processes = append(p.layout.Processes, v)
}

func (p *parse) need(n ast.Node, path, name, value string) {
	if value == "" {
		p.Bad(n, document.Join(path, name), "missing")
	}
}

// port reads v's port and returns where it says whether it is held.
func (p *parse) port(n ast.Node, path string, v *Process) (held ast.Node) {
	before := p.Problems()
	p.mapping(n, path,
		field{"variable", func(n ast.Node, path string) { v.PortVariable = p.variable(n, path, p.Text(n, path)) }},
		field{"default", func(n ast.Node, path string) { v.PortDefault = p.Number(n, path, 65535) }},
		field{"held", func(n ast.Node, path string) {
			held, v.PortHeld = n, p.OneOf(n, path, []string{"true", "false"}) == "true"
		}},
	)
	if p.Problems() == before && (v.PortVariable == "" || v.PortDefault == 0) {
		p.Bad(n, path, "both variable and default are needed, such as {variable: PROXY_PORT, default: 8002}")
	}
	return held
}

func (p *parse) environment(n ast.Node, path string) map[string]string {
	env := map[string]string{}
	for _, pair := range p.Pairs(n, path) {
		name := pair.Key.GetToken().Value
		at := document.Join(path, name)
		value := p.Text(pair.Value, at)
		if err := checkReferences(value); err != nil {
			p.Bad(pair.Value, at, "%q: %v", value, err)
		}
		env[p.variable(pair.Key, at, name)] = value
	}
	return env
}

func (p *parse) variable(n ast.Node, path, name string) string {
	if !variableName.MatchString(name) {
		p.Bad(n, path, "%q: allowed are capital letters, digits and _, the first a letter", name)
	}
	return name
}

func (p *parse) grace(n ast.Node, path string) time.Duration {
	s := p.Text(n, path)
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > mostGrace {
		p.Bad(n, path, "%q: allowed is a number with a unit, such as 500ms or 10s, up to %s", s, mostGrace)
	}
	return d
}

// ReadScreens reads a list of screens from a file of any kind, as Parse does. panels are as
// in Parse.
func ReadScreens(r *document.Reader, n ast.Node, path string, panels ...string) []Screen {
	p := &parse{Reader: *r, panels: panels}
	p.List(n, path, p.screen)
	*r = p.Reader
	return p.layout.Screens
}

func (p *parse) screen(n ast.Node, path string) {
	var s Screen
	before := p.Problems()
	p.mapping(n, path,
		field{"name", func(n ast.Node, path string) {
			s.Name = p.Text(n, path)
			if slices.ContainsFunc(p.layout.Screens, func(o Screen) bool { return o.Name == s.Name }) {
				p.Bad(n, path, "%q stands twice; each screen needs a name of its own", s.Name)
			}
		}},
		field{"rows", func(n ast.Node, path string) {
			p.List(n, path, func(n ast.Node, path string) { s.Rows = append(s.Rows, p.row(n, path)) })
		}},
	)
	if p.Problems() == before {
		p.need(n, path, "name", s.Name)
		if len(s.Rows) == 0 {
			p.Bad(n, document.Join(path, "rows"), "at least one is needed")
		}
	}
	p.layout.Screens = append(p.layout.Screens, s)
}

func (p *parse) row(n ast.Node, path string) Row {
	var r Row
	before := p.Problems()
	p.mapping(n, path,
		field{"height", func(n ast.Node, path string) { r.Height = p.Number(n, path, mostWeight) }},
		field{"from", func(n ast.Node, path string) { r.From = p.Number(n, path, mostLines) }},
		field{"panels", func(n ast.Node, path string) {
			p.List(n, path, func(n ast.Node, path string) { r.Panels = append(r.Panels, p.panel(n, path)) })
		}},
	)
	if p.Problems() == before && len(r.Panels) == 0 {
		p.Bad(n, document.Join(path, "panels"), "at least one is needed")
	}
	return r
}

func (p *parse) panel(n ast.Node, path string) Panel {
	var v Panel
	before := p.Problems()
	p.mapping(n, path,
		field{"panel", func(n ast.Node, path string) {
			if len(p.panels) == 0 {
				v.Name = p.Text(n, path)
				return
			}
			v.Name = p.panelName(n, path)
		}},
		field{"weight", func(n ast.Node, path string) { v.Weight = p.Number(n, path, mostWeight) }},
		field{"stacked", func(n ast.Node, path string) { v.Stacked = p.Number(n, path, mostWeight) }},
	)
	if p.Problems() == before {
		p.need(n, path, "panel", v.Name)
	}
	return v
}

// renamed has the present name of each panel that once had another.
func renamed() map[string]string { return map[string]string{"failovers": "events"} }

// panelName reads the name of a panel. One from before it was renamed costs a warning: a
// layout that has worked once does not stop a platform.
func (p *parse) panelName(n ast.Node, path string) string {
	was := p.Text(n, path)
	if now := renamed()[was]; !slices.Contains(p.panels, was) && slices.Contains(p.panels, now) {
		p.Warn(n, path, "the panel %q is called %q now: write that", was, now)
		return now
	}
	return p.OneOf(n, path, p.panels)
}

// checkDependencies notes names that are no process, and circles.
func (p *parse) checkDependencies() {
	var names []string
	on := map[string][]string{}
	for _, v := range p.layout.Processes {
		names = append(names, v.Name)
		on[v.Name] = v.DependsOn
	}
	for _, d := range p.depends {
		switch {
		case !slices.Contains(names, d.on):
			p.Bad(d.node, d.path, "%q is no process of this layout; there are %s", d.on, strings.Join(names, ", "))
		case leadsTo(on, d.on, d.from, map[string]bool{}):
			p.Bad(d.node, d.path, "%s depends on %s, which depends on %s: neither could ever start", d.from, d.on, d.from)
		}
	}
}

// leadsTo reports whether from is to or depends on it, directly or not.
func leadsTo(on map[string][]string, from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	for _, next := range on[from] {
		if leadsTo(on, next, to, seen) {
			return true
		}
	}
	return false
}
