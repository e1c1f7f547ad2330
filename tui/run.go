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
	"livestream-tui/tui/panel"
	"livestream-tui/tui/terminal"
)

// Options are what the dashboard needs besides the platform and its layout.
type Options struct {
	// Stop asks the whole platform to stop and returns at once. Nil means that the
	// platform runs elsewhere: to quit is to detach, which ends Run at once.
	Stop func()
	// Stopped is closed when the platform has stopped, which ends Run. Nil means that it
	// never does.
	Stopped <-chan struct{}
	// Kill ends every process at once, when the operator does not want to wait. Nil
	// means that there is no such way.
	Kill func()
	// ASCII draws with ASCII characters only.
	ASCII bool
	// Theme is one of Themes; anything else means auto.
	Theme string
	// Screens are shown in the place of the layout's; empty means those of the layout.
	Screens []layouts.Screen
	// Keys are other keys for those of the keymap, by KeyNames; CheckKeys finds nothing
	// wrong with them.
	Keys map[string][]string
	// ReadOnly refuses every key that commands the platform.
	ReadOnly bool
	// Unasked does at once what an operator would have to confirm.
	Unasked bool
	// Version is that of the program, for incident reports; empty leaves it out.
	Version string
	// Notifications is how a notification on the desktop is shown when a signal goes off air;
	// one of Notifications.
	Notifications string
	// Drills are the faults to choose from with the key c.
	Drills []Drill
}

// Panels returns the names of the panels that a layout may place.
func Panels() []string { return panel.Names() }

// Themes returns the names that Options.Theme may have.
func Themes() []string { return canvas.ThemeNames() }

// Notifications returns the names that Options.Notifications may have.
func Notifications() []string { return terminal.Notifications() }

// Run shows the platform on the terminal until it has stopped or ctx is cancelled. It
// restores the terminal however it ends. Signals are the caller's, except for those that
// stop and continue a job.
func Run(ctx context.Context, p platform.Platform, l layouts.Layout, o Options) error {
	if len(o.Screens) > 0 {
		l.Screens = o.Screens
	}
	r := lipgloss.NewRenderer(os.Stdout)
	plain := termenv.EnvNoColor()
	if plain && os.Getenv("TERM") != "dumb" {
		// NO_COLOR turns off colours but not bold and reversed text, which mark the light
		// and the selected line.
		r.SetColorProfile(termenv.ANSI)
	}
	return show(ctx, newModel(ctx, p, l, o, look{r, plain}, terminal.NewOutside(os.Stdout)))
}

// show runs the program on the terminal until it ends.
func show(ctx context.Context, m *model) error {
	p := tea.NewProgram(m, tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithContext(ctx))
	release := followJob(p)
	_, err := p.Run()
	release()
	m.closePicture() // safe: with the program, the other user of the model has ended
	if m.crash != nil {
		return m.crash
	}
	return err
}

// look is what the terminal can show.
type look struct {
	*lipgloss.Renderer
	// plain means that the operator wants no colours.
	plain bool
}
