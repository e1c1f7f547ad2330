package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// entry is something that can be done, by name.
type entry struct {
	name, key, about string
	does             func(m *model) tea.Cmd
}

// described reports whether it is one of a list that says of each what it does: of
// a key's command the key is shown.
func (e entry) described() bool { return e.key == "" && e.about != "" }

// chooser is a list to choose from by typing a part of a name.
type chooser struct {
	input
	title   string
	entries []entry
	chosen  int
	first   int
}

// palette lists every key's command, and the actions on every process.
func (m *model) palette() tea.Cmd {
	var list []entry
	for _, b := range m.keys {
		if b.does != nil && b.group != "MOVE" {
			list = append(list, entry{b.Help().Desc, shownKey(m.scene.Glyphs, b), strings.ToLower(b.group), b.does})
		}
	}
	for _, p := range m.scene.Snapshot.Processes {
		for _, a := range []platform.Action{platform.Kill, platform.Restart, platform.Stop, platform.Start, platform.Pause, platform.Resume} {
			list = append(list, entry{a.String() + " " + p.Name, "", "", func(m *model) tea.Cmd {
				m.scene.Selected = p.Name
				return m.ask(a)
			}})
		}
		list = append(list, entry{"logs of " + p.Name, "", "", func(m *model) tea.Cmd { m.logs.Only(p.Name); return nil }})
	}
	for i, name := range canvas.ThemeNames() {
		list = append(list, entry{"theme " + name, "", "", func(m *model) tea.Cmd { m.theme = i; m.setTheme(); return nil }})
	}
	for i, s := range m.scene.Layout.Screens {
		list = append(list, entry{"screen " + s.Name, "", "", func(m *model) tea.Cmd {
			m.goTo(i)
			return nil
		}})
	}
	m.dialog = &chooser{title: "COMMANDS", entries: list}
	return nil
}

// chaos lists the drills.
func (m *model) chaos() tea.Cmd {
	if len(m.options.Drills) == 0 {
		m.tell("this build has no drills", true)
		return nil
	}
	var list []entry
	for _, d := range m.options.Drills {
		list = append(list, entry{canvas.Clean(d.Name), "", canvas.Clean(d.About), func(m *model) tea.Cmd {
			m.tell("drill "+d.Name+" is under way", false)
			ctx, platform := m.ctx, m.platform
			return func() tea.Msg {
				text, err := d.Run(ctx, platform)
				v := scene.Verdict{time.Now(), canvas.Clean(d.Name), canvas.Clean(text), err == nil}
				if err != nil {
					v.Text = canvas.Clean(err.Error())
				}
				return drilled{v}
			}
		}})
	}
	m.dialog = &chooser{title: "CHAOS", entries: list}
	return nil
}

// Drill is a fault that can be injected into the live platform.
type Drill struct {
	Name, About string
	// Run injects it and returns the verdict when it is over; the error says why
	// the drill failed.
	Run func(ctx context.Context, p platform.Platform) (verdict string, err error)
}

// matching are the entries whose names hold every word typed.
func (c *chooser) matching() []entry {
	words := strings.Fields(strings.ToLower(string(c.text)))
	var list []entry
	for _, e := range c.entries {
		name, all := strings.ToLower(e.name+" "+e.about), true
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
		return m.dialog, cmd // which may have opened another
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
	if slices.ContainsFunc(c.entries, entry.described) {
		width = min(w, 110)
	}
	for _, e := range c.entries {
		name = max(name, ansi.StringWidth(e.name)+2)
	}
	out := []*canvas.Line{(&canvas.Line{}).Put(canvas.InkKey, " : ").Put(canvas.InkStrong, string(c.text)).Put(canvas.InkKey, cursor(g))}
	list := c.matching()
	rows := max(1, min(h-1, 16))
	c.chosen = max(0, min(c.chosen, len(list)-1))
	c.first = canvas.Scrolled(c.first, c.chosen, len(list), rows)
	if len(list) == 0 {
		out = append(out, (&canvas.Line{}).Put(canvas.InkDim, "   nothing of that name"))
	}
	for i := c.first; i < len(list) && i < c.first+rows; i++ {
		l := &canvas.Line{Selected: i == c.chosen}
		mark := " "
		if i == c.chosen {
			mark = g.Pointer
		}
		if about := width - name - 2; list[i].described() && about > 10 {
			l.Put(canvas.InkKey, mark+" ").Cell(canvas.InkText, list[i].name, name, false, g.Ellipsis).Cell(canvas.InkDim, list[i].about, about, false, g.Ellipsis)
		} else {
			l.Put(canvas.InkKey, mark+" ").Cell(canvas.InkText, list[i].name, width-11, false, g.Ellipsis).Cell(canvas.InkKey, list[i].key, 8, true, g.Ellipsis)
		}
		out = append(out, l)
	}
	for len(out) < rows+1 {
		out = append(out, &canvas.Line{})
	}
	return c.title, out, width
}

func cursor(g canvas.Glyphs) string {
	if g.ASCII {
		return "_"
	}
	return "▏"
}
