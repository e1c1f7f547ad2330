package tui

import (
	"fmt"
	"runtime/debug"

	tea "github.com/charmbracelet/bubbletea"
)

// crash is a panic in a command. bubbletea tells of one while the alternate screen
// is still there, with which it is gone: so the program ends with it as its error.
type crash struct {
	value any
	stack []byte
}

// Error is the panic as Go tells it.
func (c *crash) Error() string { return fmt.Sprintf("panic in a command: %v\n%s", c.value, c.stack) }

// guarded is cmd, which may be nil, with a panic of it as its message.
func guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if v := recover(); v != nil {
				msg = crash{v, debug.Stack()}
			}
		}()
		msg = cmd()
		if list, ok := msg.(tea.BatchMsg); ok {
			for i := range list {
				list[i] = guarded(list[i])
			}
		}
		return msg
	}
}
