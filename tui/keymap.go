package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
)

// binding is a key with its help and what it does. The help, the foot of the screen and
// the palette are made of the bindings.
type binding struct {
	key.Binding
	group group
	// foot is its short name in the foot; empty leaves it out there. Where there is no
	// room for all, those of the lowest rank are left out.
	foot string
	rank int
	// label returns what the foot shows at the moment; nil means the key and foot.
	label func(m *model) (key, word string)
	// does is nil for a key that press handles itself.
	does func(m *model) tea.Cmd
}

// group is a heading of the help.
type group uint8

const (
	moveKeys group = iota
	processKeys
	streamKeys
	logKeys
	screenKeys
	programKeys
)

func (g group) String() string {
	return [...]string{"MOVE", "THE SELECTED PROCESS", "THE STREAM", "LOGS", "SCREEN", "PROGRAM"}[g]
}

// bind makes a binding of keys, separated by blanks, that the help shows as shown.
func bind(g group, keys, shown, help string, does func(*model) tea.Cmd) binding {
	return binding{Binding: key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(shown, help)), group: g, does: does}
}

// in returns the binding with a name in the foot.
func (b binding) in(foot string, rank int) binding {
	b.foot, b.rank = foot, rank
	return b
}

// as returns the binding with what the foot shows at the moment.
func (b binding) as(label func(m *model) (key, word string)) binding {
	b.label = label
	return b
}

// keymap names every key once.
func keymap() []binding {
	return []binding{
		bind(moveKeys, "up k", "↑ k", "one up", moves(panel.MoveUp)),
		bind(moveKeys, "down j", "↓ j", "one down", moves(panel.MoveDown)).in("select", 5).as(selectLabel),
		bind(moveKeys, "pgup", "pgup", "one page up", moves(panel.MovePageUp)),
		bind(moveKeys, "pgdown", "pgdn", "one page down", moves(panel.MovePageDown)),
		bind(moveKeys, "home g", "home g", "to the first", moves(panel.MoveTop)),
		bind(moveKeys, "end G", "end G", "to the last; in the logs: follow", moves(panel.MoveBottom)),
		bind(moveKeys, "left", "←", "in the logs: scroll left", moves(panel.MoveLeft)),
		bind(moveKeys, "right", "→", "in the logs: scroll right", moves(panel.MoveRight)),
		bind(moveKeys, "tab", "tab", "next panel", do(func(m *model) { m.nextPanel(1) })).in("panel", 6),
		bind(moveKeys, "shift+tab", "shift+tab", "previous panel", do(func(m *model) { m.nextPanel(-1) })),
		bind(moveKeys, "1 2 3 4 5 6 7 8 9", "1-9", "panel with that number", nil),
		bind(moveKeys, "enter", "⏎", "zoom the panel; on a failover: its logs", do((*model).open)).in("zoom", 6),
		bind(moveKeys, "esc", "esc", "back", do((*model).back)),

		bind(processKeys, "K", "K", "kill -9", act(platform.Kill)).in("kill", 10),
		bind(processKeys, "r", "r", "restart", act(platform.Restart)).in("restart", 9),
		bind(processKeys, "s", "s", "stop, or start again", (*model).stopOrStart).in("stop", 8).as(stopLabel),
		bind(processKeys, "p", "p", "pause, or resume", (*model).pauseOrResume).in("pause", 8).as(pauseLabel),
		bind(processKeys, "l", "l", "show only its logs, or all again", do((*model).logsOfSelected)).in("logs", 3),
		bind(processKeys, "e", "e", "details: command line, exits, settings", do((*model).showDetails)),

		bind(streamKeys, "f", "f", "fail over to another packager", (*model).failover).in("fail over", 7),
		bind(streamKeys, "h", "h", "hold the selected packager, or release it", (*model).hold),
		bind(streamKeys, "c", "c", "chaos: run a drill on the live platform", do((*model).chaos)).in("chaos", 4),
		bind(streamKeys, "w", "w", "watch the live picture, or hide it", (*model).togglePicture).in("picture", 4),
		bind(streamKeys, "v", "v", "open in VLC", (*model).vlc).in("VLC", 4),
		bind(streamKeys, "b", "b", "open in the browser", (*model).browser),

		bind(logKeys, "/", "/", "filter by a regular expression", do((*model).startFilter)).in("filter", 5),
		bind(logKeys, "n", "n", "next line", do(func(m *model) { m.logs.Step(1) })),
		bind(logKeys, "N", "N", "previous line", do(func(m *model) { m.logs.Step(-1) })),
		bind(logKeys, "[", "[", "lower the level: more lines", do(func(m *model) { m.logs.ShiftLevel(-1) })),
		bind(logKeys, "]", "]", "raise the level: fewer lines", do(func(m *model) { m.logs.ShiftLevel(1) })),
		bind(logKeys, "F", "F", "follow the newest line", do(func(m *model) { m.logs.Follow() })),
		bind(logKeys, "y", "y", "copy the lines shown, or the held line", (*model).copyLogs),
		bind(logKeys, "o", "o", "save the filtered lines to a file", (*model).saveLogs),

		bind(screenKeys, "L", "L", "next screen of the layout", do((*model).nextScreen)),
		bind(screenKeys, "t", "t", "next theme", do((*model).nextTheme)),
		bind(screenKeys, "m", "m", "turn the mouse on or off", (*model).toggleMouse),

		bind(programKeys, ":", ":", "all commands by name", do((*model).palette)),
		bind(programKeys, "i", "i", "write an incident report", (*model).incident),
		bind(programKeys, "?", "?", "this help", do((*model).help)).in("help", 11),
		bind(programKeys, "q", "q", "stop everything and quit", (*model).quit).in("quit", 12).as(quitLabel),
		bind(programKeys, "ctrl+c", "ctrl+c", "quit without asking; again: kill the rest", (*model).quitNow),
	}
}

// do makes a key of what needs no command.
func do(f func(*model)) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { f(m); return nil }
}

// moves makes a key of a motion.
func moves(to panel.Motion) func(*model) tea.Cmd {
	return do(func(m *model) { m.move(to) })
}

// act makes a key of an action on the selected process.
func act(a platform.Action) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { return m.ask(a) }
}

func selectLabel(m *model) (key, word string) { return m.scene.Glyphs.UpDown, "select" }

func stopLabel(m *model) (key, word string) {
	if p := m.scene.SelectedProcess(); p != nil && !p.Wanted {
		return "s", "start"
	}
	return "s", "stop"
}

func pauseLabel(m *model) (key, word string) {
	if p := m.scene.SelectedProcess(); p != nil && p.Paused {
		return "p", "resume"
	}
	return "p", "pause"
}

func quitLabel(m *model) (key, word string) {
	if m.options.Stop == nil {
		return "q", "detach"
	}
	return "q", "quit"
}

// shown returns a binding's key as text in the glyphs.
func (b binding) shown(g canvas.Glyphs) string {
	text := b.Help().Key
	if !g.ASCII {
		return text
	}
	return strings.NewReplacer("↑", "up", "↓", "down", "←", "left", "→", "right", "⏎", "enter").Replace(text)
}

// help lists every key.
func (m *model) help() {
	m.dialog = &pager{title: "KEYS", width: 116, content: helpLines}
}

// helpLines puts the groups of keys in as many columns as fit.
func helpLines(m *model, w int) []*canvas.Line {
	var groups [][]*canvas.Line
	for i, b := range m.keys {
		if i == 0 || m.keys[i-1].group != b.group {
			groups = append(groups, []*canvas.Line{canvas.Text(canvas.InkTitle, b.group.String())})
		}
		l := (&canvas.Line{}).Cell(canvas.InkKey, b.shown(m.scene.Glyphs), 11, true, "").Put(canvas.InkText, "  "+b.Help().Desc)
		groups[len(groups)-1] = append(groups[len(groups)-1], l)
	}
	columns := make([][]*canvas.Line, max(1, min(2, w/54)))
	for _, g := range groups { // each to the shortest column
		to := 0
		for i := range columns {
			if len(columns[i]) < len(columns[to]) {
				to = i
			}
		}
		if len(columns[to]) > 0 {
			columns[to] = append(columns[to], &canvas.Line{})
		}
		columns[to] = append(columns[to], g...)
	}
	height := 0
	for _, c := range columns {
		height = max(height, len(c))
	}
	out := make([]*canvas.Line, height)
	width := w / len(columns)
	for y := range out {
		l := &canvas.Line{}
		for i, c := range columns {
			if y >= len(c) {
				continue
			}
			l.Gap(1 + i*width).Add(c[y])
			if i < len(columns)-1 {
				l = l.Cut((i+1)*width, m.scene.Glyphs.Ellipsis)
			}
		}
		out[y] = l
	}
	return out
}
