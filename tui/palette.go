package tui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
)

// entry is a row of a chooser.
type entry struct {
	name string
	// key is the key that does the same; it is shown.
	key string
	// group is found by typing, and not shown.
	group string
	// about says what the entry does; it is shown.
	about string
	does  func(m *model) tea.Cmd
}

// chooser is a list to choose from by typing parts of a name.
type chooser struct {
	input
	title   string
	entries []entry
	chosen  int
	canvas.Scroll
}

// palette lists what every key does, and the actions on every process.
func (m *model) palette() {
	var list []entry
	for _, b := range m.keys {
		if b.does != nil && b.group != moveKeys && !(b.commands && m.options.ReadOnly) && !m.isMissing(b) {
			list = append(list, entry{name: b.Help().Desc, key: b.shown(m.scene.Glyphs), group: strings.ToLower(b.group.String()), does: func(m *model) tea.Cmd {
				if m.lacksProcess(b) {
					return nil
				}
				return b.does(m)
			}})
		}
	}
	for _, name := range m.order() {
		list = append(list, entry{name: "panel " + name, does: do(func(m *model) { m.focus = name })})
	}
	for _, p := range m.scene.Snapshot.Processes {
		for _, a := range m.actions() {
			list = append(list, entry{name: a.String() + " " + p.Name, does: func(m *model) tea.Cmd {
				m.scene.Selected = p.Name
				return m.ask(a)
			}})
		}
		list = append(list, entry{name: "logs of " + p.Name, does: do(func(m *model) { m.logs.Only(p.Name) })})
	}
	for i, name := range canvas.ThemeNames() {
		list = append(list, entry{name: "theme " + name, does: do(func(m *model) { m.theme = i; m.setTheme() })})
	}
	for i, s := range m.scene.Layout.Screens {
		list = append(list, entry{name: "screen " + s.Name, does: do(func(m *model) { m.goTo(i) })})
	}
	m.dialog = &chooser{title: "COMMANDS", entries: list}
}

// actions returns what can be done to a process by name.
func (m *model) actions() []platform.Action {
	if m.options.ReadOnly {
		return nil
	}
	return []platform.Action{platform.Kill, platform.Restart, platform.Stop, platform.Start, platform.Pause, platform.Resume}
}

// matching returns the entries that contain every word typed.
func (c *chooser) matching() []entry {
	words := strings.Fields(strings.ToLower(string(c.text)))
	var list []entry
	for _, e := range c.entries {
		name, all := strings.ToLower(e.name+" "+e.group+e.about), true
		for _, w := range words {
			all = all && strings.Contains(name, w)
		}
		if all {
			list = append(list, e)
		}
	}
	return list
}

func (c *chooser) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	list := c.matching()
	switch k.String() {
	case "esc":
		return nil, nil
	case "up", "ctrl+p", "shift+tab":
		c.chosen--
	case "down", "ctrl+n", "tab":
		c.chosen++
	case "pgup":
		c.chosen -= 10
	case "pgdown":
		c.chosen += 10
	case "enter":
		if c.chosen >= len(list) {
			return nil, nil
		}
		m.dialog = nil
		cmd := list[c.chosen].does(m)
		return m.dialog, cmd // does may have opened another
	default:
		if c.edit(k) {
			c.chosen = 0
		}
	}
	c.chosen = max(0, min(c.chosen, len(list)-1))
	return c, nil
}

func (c *chooser) box(m *model, w, h int) (string, []*canvas.Line, int) {
	g := m.scene.Glyphs
	width, name := min(w, 72), 0
	if slices.ContainsFunc(c.entries, func(e entry) bool { return e.about != "" }) {
		width = min(w, 110)
	}
	for _, e := range c.entries {
		name = max(name, ansi.StringWidth(e.name)+2)
	}
	out := []*canvas.Line{c.line(":", g)}
	list := c.matching()
	rows := max(1, min(h-1, 16))
	c.chosen = max(0, min(c.chosen, len(list)-1))
	from, to := c.Show(c.chosen, len(list), rows)
	if len(list) == 0 {
		out = append(out, canvas.Text(canvas.InkDim, "   nothing matches"))
	}
	for i := from; i < to; i++ {
		l := &canvas.Line{Selected: i == c.chosen}
		mark := " "
		if i == c.chosen {
			mark = g.Pointer
		}
		if about := width - name - 2; list[i].about != "" && about > 10 {
			l.Put(canvas.InkKey, mark+" ").Cell(canvas.InkText, list[i].name, name, false, g.Ellipsis).Cell(canvas.InkDim, list[i].about, about, false, g.Ellipsis)
		} else {
			l.Put(canvas.InkKey, mark+" ").Cell(canvas.InkText, list[i].name, width-11, false, g.Ellipsis).Cell(canvas.InkKey, list[i].key, 8, true, g.Ellipsis)
		}
		out = append(out, l)
	}
	for len(out) < rows+1 {
		out = append(out, &canvas.Line{})
	}
	return strings.TrimSpace(c.title + "  " + g.More(c.Hidden())), out, width
}
