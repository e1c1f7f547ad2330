package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
)

// binding is a key, what it is called and what it does: the help, the foot of the
// screen and the palette are made of these.
type binding struct {
	key.Binding
	// group is its heading in the help.
	group string
	// foot is its short name in the foot, empty to leave it out there. Those of a
	// lower rank go first where there is no room.
	foot string
	rank int
	// does is what it does; nil for what other keys are for.
	does func(m *model) tea.Cmd
}

func bind(group, keys, shown, help, foot string, rank int, does func(*model) tea.Cmd) binding {
	var list []string
	for at := 0; at < len(keys); {
		end := at
		for end < len(keys) && keys[end] != ' ' {
			end++
		}
		if end > at {
			list = append(list, keys[at:end])
		}
		at = end + 1
	}
	return binding{key.NewBinding(key.WithKeys(list...), key.WithHelp(shown, help)), group, foot, rank, does}
}

// keymap names every key once.
func keymap() []binding {
	const move, process, stream, logs, screen, program = "MOVE", "THE SELECTED PROCESS", "THE STREAM", "LOGS", "SCREEN", "PROGRAM"
	moves := func(m panel.Motion) func(*model) tea.Cmd {
		return func(o *model) tea.Cmd { o.move(m); return nil }
	}
	list := []binding{
		bind(move, "up k", "↑ k", "the one above", "", 0, moves(panel.MoveUp)),
		bind(move, "down j", "↓ j", "the one below", "select", 5, moves(panel.MoveDown)),
		bind(move, "pgup", "pgup", "a page up", "", 0, moves(panel.MovePageUp)),
		bind(move, "pgdown", "pgdn", "a page down", "", 0, moves(panel.MovePageDown)),
		bind(move, "home g", "home g", "to the first", "", 0, moves(panel.MoveTop)),
		bind(move, "end G", "end G", "to the last; logs follow again", "", 0, moves(panel.MoveBottom)),
		bind(move, "left", "←", "logs: to the left", "", 0, moves(panel.MoveLeft)),
		bind(move, "right", "→", "logs: to the right", "", 0, moves(panel.MoveRight)),
		bind(move, "tab", "tab", "the next panel", "panel", 6, func(m *model) tea.Cmd { m.nextPanel(1); return nil }),
		bind(move, "shift+tab", "shift+tab", "the panel before", "", 0, func(m *model) tea.Cmd { m.nextPanel(-1); return nil }),
		bind(move, "1 2 3 4 5 6 7 8 9", "1-9", "the panel of that number", "", 0, nil),
		bind(move, "enter", "⏎", "zoom the panel; of a failover: its logs", "zoom", 6, (*model).open),
		bind(move, "esc", "esc", "back", "", 0, func(m *model) tea.Cmd { m.back(); return nil }),

		bind(process, "K", "K", "kill -9", "kill", 10, act(platform.Kill)),
		bind(process, "r", "r", "restart", "restart", 9, act(platform.Restart)),
		bind(process, "s", "s", "stop, or start what is stopped", "stop", 8, (*model).stopOrStart),
		bind(process, "p", "p", "pause, or resume what is paused", "pause", 8, (*model).pauseOrResume),
		bind(process, "l", "l", "its logs, or all again", "logs", 3, (*model).logsOfSelected),
		bind(process, "e", "e", "its command line and environment", "", 2, (*model).showDetails),

		bind(stream, "f", "f", "fail over to another packager", "fail over", 7, (*model).failover),
		bind(stream, "h", "h", "hold: play from the selected one, or release", "", 2, (*model).hold),
		bind(stream, "c", "c", "chaos: run a drill on the live platform", "chaos", 4, (*model).chaos),
		bind(stream, "w", "w", "watch: the live picture, or hide it", "picture", 4, (*model).togglePicture),
		bind(stream, "v", "v", "open in VLC", "VLC", 4, (*model).vlc),
		bind(stream, "b", "b", "open in the browser", "", 2, (*model).browser),

		bind(logs, "/", "/", "filter: a regular expression", "filter", 5, (*model).startFilter),
		bind(logs, "n", "n", "the next line that passes", "", 0, func(m *model) tea.Cmd { m.logs.Step(1); return nil }),
		bind(logs, "N", "N", "the one before", "", 0, func(m *model) tea.Cmd { m.logs.Step(-1); return nil }),
		bind(logs, "[", "[", "a level lower: more lines", "", 0, func(m *model) tea.Cmd { m.logs.SetLevel(m.logs.Level - min(m.logs.Level, 1)); return nil }),
		bind(logs, "]", "]", "a level higher: fewer lines", "", 0, func(m *model) tea.Cmd { m.logs.SetLevel(m.logs.Level + 1); return nil }),
		bind(logs, "F", "F", "follow: the newest line stays in sight", "", 0, func(m *model) tea.Cmd { m.logs.Follow(); return nil }),
		bind(logs, "y", "y", "copy what is shown, or the held line", "", 0, (*model).copyLogs),
		bind(logs, "o", "o", "save what passes to a file", "", 0, (*model).saveLogs),

		bind(screen, "L", "L", "the next screen of the layout", "", 1, (*model).nextScreen),
		bind(screen, "t", "t", "the next theme", "", 1, (*model).nextTheme),
		bind(screen, "m", "m", "mouse on or off", "", 1, (*model).toggleMouse),

		bind(program, ":", ":", "every command by name", "", 3, (*model).palette),
		bind(program, "i", "i", "write an incident report", "", 1, (*model).incident),
		bind(program, "?", "?", "this help", "help", 11, (*model).help),
		bind(program, "q", "q", "stop everything and quit", "quit", 12, (*model).quit),
		bind(program, "ctrl+c", "ctrl+c", "the same unasked; again: kill the rest", "", 0, (*model).quitNow),
	}
	return list
}

// act asks for an action on the selected process.
func act(a platform.Action) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { return m.ask(a) }
}

// shownKey is a binding's key as text, in the set of glyphs.
func shownKey(g canvas.Glyphs, b binding) string {
	shown := b.Help().Key
	if !g.ASCII {
		return shown
	}
	for _, r := range []struct{ from, to string }{{"↑", "up"}, {"↓", "down"}, {"←", "left"}, {"→", "right"}, {"⏎", "enter"}} {
		if n := len(r.from); len(shown) >= n && shown[:n] == r.from {
			shown = r.to + shown[n:]
		}
	}
	return shown
}
