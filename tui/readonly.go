package tui

import (
	"context"
	"errors"

	"livestream-tui/procs/platform"
)

// errReadOnly refuses a command of a dashboard that only reads.
var errReadOnly = errors.New("this dashboard is read-only")

// sealed is a platform that takes no commands, whatever the dashboard does.
type sealed struct{ platform.Platform }

// Command implements platform.Platform: it refuses.
func (sealed) Command(context.Context, platform.Command) error { return errReadOnly }

// Token implements platform.Platform: it refuses.
func (sealed) Token(context.Context, string) (string, error) { return "", errReadOnly }

// refuses reports whether the dashboard only reads and b would command the platform. It
// says so to the operator.
func (m *model) refuses(b binding) bool {
	if !b.commands || !m.options.ReadOnly {
		return false
	}
	m.notify("read-only: "+b.shown(m.scene.Glyphs)+" ("+b.Help().Desc+") is off here", true)
	return true
}
