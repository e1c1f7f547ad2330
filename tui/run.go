// Package tui is the dashboard: a client of control.Platform that draws it and
// passes on what the operator asks for.
package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/layouts"
	"livestream-tui/procs/control"
)

// Options are what the dashboard needs beside the platform.
type Options struct {
	// Stop asks the whole platform to stop; it returns at once.
	Stop func()
	// Stopped is closed when the platform has stopped, which ends Run.
	Stopped <-chan struct{}
}

// Run shows the platform on the terminal until it has stopped or ctx is
// cancelled. It restores the terminal whatever happens. Signals are the caller's.
func Run(ctx context.Context, p control.Platform, l layouts.Layout, o Options) error {
	program := tea.NewProgram(newModel(ctx, p, l, o), tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithContext(ctx))
	_, err := program.Run()
	return err
}
