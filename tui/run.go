package tui

import (
	"context"
	"os"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
)

// Options are what the dashboard needs beside the platform.
type Options struct {
	// Stop asks the whole platform to stop; it returns at once. nil for a platform
	// that others run: to quit is to detach then, and ends Run at once.
	Stop func()
	// Stopped is closed when the platform has stopped, which ends Run; nil for
	// never.
	Stopped <-chan struct{}
	// Kill ends every process at once, for who cannot wait; nil to have to wait.
	Kill func()
	// ASCII draws with nothing beyond ASCII.
	ASCII bool
	// Theme is one of Themes; empty for auto, as is any other.
	Theme string
	// Drills are the faults that the key for chaos lists; none without.
	Drills []Drill
}

// Themes are the names that Options.Theme may have.
func Themes() []string { return canvas.ThemeNames() }

// Run shows the platform on the terminal until it has stopped or ctx is
// cancelled. It restores the terminal whatever happens. Signals are the caller's, but for
// those that stop and continue a job.
func Run(ctx context.Context, p platform.Platform, l layouts.Layout, o Options) error {
	r := lipgloss.NewRenderer(os.Stdout)
	plain := termenv.EnvNoColor()
	if plain && os.Getenv("TERM") != "dumb" {
		// NO_COLOR takes the colours, not what is bold or reversed: that tells the
		// light and the selected line from the rest.
		r.SetColorProfile(termenv.ANSI)
	}
	return show(ctx, newModel(ctx, p, l, o, look{r, plain}, terminalOutside(os.Stdout)))
}

// show runs the program on the terminal until it ends.
func show(ctx context.Context, m *model) error {
	p := tea.NewProgram(m, tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithContext(ctx))
	release := followJob(p)
	_, err := p.Run()
	release()
	m.closePicture() // the program has ended: nobody else uses the model
	if m.crash != nil {
		return m.crash
	}
	return err
}

// look is what the terminal can show.
type look struct {
	*lipgloss.Renderer
	// plain: the operator wants no colours.
	plain bool
}
