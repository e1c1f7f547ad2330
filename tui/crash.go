package tui

import (
	"fmt"
	"runtime/debug"

	tea "github.com/charmbracelet/bubbletea"
)

// crash is a panic in a command. The program ends with it as its error, because what
// bubbletea prints about a panic is lost with the alternate screen.
type crash struct {
	value any
	stack []byte
}

// Error returns the panic as Go prints it.
func (c *crash) Error() string { return fmt.Sprintf("panic in a command: %v\n%s", c.value, c.stack) }

// guarded returns cmd, which may be nil, with a message in place of a panic.
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
