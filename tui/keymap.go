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
	// name is what a configuration calls the key.
	name  string
	group group
	// foot is its short name in the foot; empty leaves it out there. Where there is no
	// room for all, those of the lowest rank are left out.
	foot string
	rank int
	// label returns what the foot shows at the moment; nil means the key and foot. An empty
	// key means the binding's own.
	label func(m *model) (key, word string)
	// does is nil for a key that press handles itself.
	does func(m *model) tea.Cmd
	// commands marks a key that changes the platform: a dashboard that only reads refuses it.
	commands bool
	// cluster marks a key that does something only where there are several machines.
	cluster bool
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
func bind(name string, g group, keys, shown, help string, does func(*model) tea.Cmd) binding {
	return binding{Binding: key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(shown, help)), name: name, group: g, does: does}
}

// commanding returns the binding as one that changes the platform.
func (b binding) commanding() binding {
	b.commands = true
	return b
}

// clustered returns the binding as one for the machines of a cluster.
func (b binding) clustered() binding {
	b.cluster = true
	return b
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
		bind("up", moveKeys, "up k", "↑ k", "one up", moves(panel.MoveUp)),
		bind("down", moveKeys, "down j", "↓ j", "one down", moves(panel.MoveDown)).in("select", 5).as(selectLabel),
		bind("page-up", moveKeys, "pgup", "pgup", "one page up", moves(panel.MovePageUp)),
		bind("page-down", moveKeys, "pgdown", "pgdn", "one page down", moves(panel.MovePageDown)),
		bind("first", moveKeys, "home g", "home g", "to the first", moves(panel.MoveTop)),
		bind("last", moveKeys, "end G", "end G", "to the last; in the logs: follow", moves(panel.MoveBottom)),
		bind("left", moveKeys, "left", "←", "scroll logs left; packager; earlier events", moves(panel.MoveLeft)),
		bind("right", moveKeys, "right", "→", "scroll logs right; packager; later events", moves(panel.MoveRight)),
		bind("next-panel", moveKeys, "tab", "tab", "next panel", do(func(m *model) { m.nextPanel(1) })).in("panel", 6),
		bind("previous-panel", moveKeys, "shift+tab", "shift+tab", "previous panel", do(func(m *model) { m.nextPanel(-1) })),
		bind("panel", moveKeys, "alt+1 alt+2 alt+3 alt+4 alt+5 alt+6 alt+7 alt+8 alt+9", "alt+1-9", "panel of that number, from the upper left", nil),
		bind("open", moveKeys, "enter", "⏎", "open what is chosen, or zoom the panel", do((*model).open)).in("open", 6).as(openLabel),
		bind("zoom", moveKeys, "z", "z", "zoom the panel, or back", do(func(m *model) { m.zoomed = !m.zoomed })),
		bind("back", moveKeys, "esc", "esc", "back; while a drill runs: undo it", do((*model).back)),

		bind("kill", processKeys, "K", "K", "kill -9", act(platform.Kill)).commanding().in("kill", 10),
		bind("restart", processKeys, "r", "r", "restart", act(platform.Restart)).commanding().in("restart", 9),
		bind("stop", processKeys, "s", "s", "stop, or start again", (*model).stopOrStart).commanding().in("stop", 8).as(stopLabel),
		bind("pause", processKeys, "p", "p", "pause, or resume", (*model).pauseOrResume).commanding().in("pause", 8).as(pauseLabel),
		bind("logs", processKeys, "l", "l", "show only its logs, or all again", do((*model).logsOfSelected)).in("logs", 3),
		bind("details", processKeys, "e", "e", "details: command line, exits, settings", do((*model).showDetails)),

		bind("fail-over", streamKeys, "f", "f", "fail the chosen signal over", (*model).failover).commanding().in("fail over", 7),
		bind("fail-over-all", streamKeys, "F", "F", "fail every signal over", (*model).failoverAll).commanding(),
		bind("hold", streamKeys, "h", "h", "hold the packager for it, or release it", (*model).hold).commanding(),
		bind("hold-all", streamKeys, "H", "H", "hold it for every signal, or release it", (*model).holdAll).commanding(),
		bind("input", streamKeys, "u", "u", "use the chosen live input, or automatic", (*model).useInput).commanding().in("use input", 7).as(inputLabel),
		bind("drain", streamKeys, "d", "d", "drain the chosen machine, or undrain it", (*model).drain).commanding().clustered().in("drain", 7).as(drainFoot),
		bind("sort", streamKeys, ">", ">", "sort the signals by the next figure", do((*model).sortSignals)),
		bind("chaos", streamKeys, "c", "c", "chaos: run a drill on the live platform", do((*model).chaos)).commanding().in("chaos", 4),
		bind("troubles", streamKeys, "!", "!", "what is wrong now, and which key mends it", do((*model).showTroubles)).in("what is wrong", 9).as(troublesLabel),
		bind("acknowledge", streamKeys, "a", "a", "acknowledge the alarm: the bell is silent", do((*model).acknowledge)).in("acknowledge", 11).as(acknowledgeLabel),
		bind("picture", streamKeys, "w", "w", "watch the live picture, or hide it", (*model).togglePicture).in("picture", 4),
		bind("vlc", streamKeys, "v", "v", "open in VLC", (*model).vlc).in("VLC", 4),
		bind("browser", streamKeys, "b", "b", "open in the browser", (*model).browser),

		bind("search", logKeys, "/", "/", "search the logs, or filter the signals", do((*model).search)).in("search", 5),
		bind("filter", logKeys, "&", "&", "show only what matches one", do((*model).filter)),
		bind("next-match", logKeys, "n", "n", "next match, or line without a search", do(nextMatch(1))),
		bind("previous-match", logKeys, "N", "N", "previous match, or line", do(nextMatch(-1))),
		bind("next-trouble", logKeys, "}", "}", "next error or warning", do(nextTrouble(1))),
		bind("previous-trouble", logKeys, "{", "{", "previous error or warning", do(nextTrouble(-1))),
		bind("more-lines", logKeys, "[", "[", "lower the level: more lines", do(func(m *model) { m.logs.ShiftLevel(-1) })),
		bind("fewer-lines", logKeys, "]", "]", "raise the level: fewer lines", do(func(m *model) { m.logs.ShiftLevel(1) })),
		bind("follow", logKeys, "T", "T", "follow the newest line", do(func(m *model) { m.logs.Follow() })),
		bind("wrap", logKeys, "W", "W", "wrap long lines, or cut them", do((*model).wrapLogs)),
		bind("since", logKeys, "R", "R", "only since the selected process's start", do((*model).logsSince)),
		bind("log-file", logKeys, "E", "E", "open the log file in $PAGER or $EDITOR", (*model).readLog),
		bind("copy", logKeys, "y", "y", "copy the lines shown, or the held line", (*model).copyLogs),
		bind("save", logKeys, "o", "o", "save the filtered lines to a file", (*model).saveLogs),

		bind("next-screen", screenKeys, "L", "L", "next screen of the layout", do((*model).nextScreen)),
		bind("screen", screenKeys, "1 2 3 4 5 6 7 8 9", "1-9", "screen of that number in the header", nil),
		bind("machines", screenKeys, "M", "M", "all machines, or back", do((*model).showMachines)).clustered(),
		bind("theme", screenKeys, "t", "t", "next theme", do((*model).nextTheme)),
		bind("mouse", screenKeys, "m", "m", "turn the mouse on or off", (*model).toggleMouse),

		bind("commands", programKeys, ":", ":", "all commands by name", do((*model).palette)),
		bind("incident", programKeys, "i", "i", "write an incident report", (*model).incident),
		bind("help", programKeys, "?", "?", "this help", do((*model).help)).in("help", 11),
		bind("quit", programKeys, "q", "q", "stop everything and quit", (*model).quit).in("quit", 12).as(quitLabel),
		bind("quit-now", programKeys, "ctrl+c", "ctrl+c", "quit without asking; again: kill the rest", (*model).quitNow),
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

// selectLabel has the arrows, unless a configuration gives the two keys other ones.
func selectLabel(m *model) (key, word string) {
	up, down := m.keyNamed("up"), m.keyNamed("down")
	if len(m.options.Keys["up"])+len(m.options.Keys["down"]) == 0 {
		return m.scene.Glyphs.UpDown, "select"
	}
	return up + " " + down, "select"
}

func stopLabel(m *model) (key, word string) {
	if p := m.scene.SelectedProcess(); p != nil && !p.Wanted {
		return "", "start"
	}
	return "", "stop"
}

func pauseLabel(m *model) (key, word string) {
	if p := m.scene.SelectedProcess(); p != nil && p.Paused {
		return "", "resume"
	}
	return "", "pause"
}

func quitLabel(m *model) (key, word string) {
	if m.options.Stop == nil {
		return "", "detach"
	}
	return "", "quit"
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
	const key = 11 // cells
	count := max(1, min(2, w/54))
	room := w/count - key - 4
	var groups [][]*canvas.Line
	for i, b := range m.keys {
		if i == 0 || m.keys[i-1].group != b.group {
			groups = append(groups, []*canvas.Line{canvas.Text(canvas.InkTitle, b.group.String())})
		}
		if m.isMissing(b) {
			continue
		}
		l := (&canvas.Line{}).Cell(canvas.InkKey, b.shown(m.scene.Glyphs), key, true, "").Put(canvas.InkText, "  "+canvas.Shortened(b.Help().Desc, room, m.scene.Glyphs.Ellipsis))
		groups[len(groups)-1] = append(groups[len(groups)-1], l)
	}
	columns := make([][]*canvas.Line, count)
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
