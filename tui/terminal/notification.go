package terminal

import (
	"io"
	"os"

	"github.com/charmbracelet/x/ansi"
)

// notification is a way in which terminals are told to show a notification on the desktop.
type notification struct {
	name string
	// sequence returns what the terminal is sent; nil for no notification.
	sequence func(text string) string
}

// notifications is the table of ways, the default first: terminals understand one or the
// other, and some print what they do not understand.
func notifications() []notification {
	return []notification{
		{"none", nil},
		{"osc9", ansi.Notify}, // iTerm2, WezTerm, kitty, Ghostty
		{"osc777", func(text string) string { return ansi.URxvtExt("notify", "livestream-tui", text) }}, // foot, urxvt, WezTerm, Ghostty
	}
}

// Notifications returns the names of the ways to a notification, the default first.
func Notifications() []string {
	var names []string
	for _, n := range notifications() {
		names = append(names, n.name)
	}
	return names
}

// notify writes a notification to the terminal at out. tmux passes it on where its option
// allow-passthrough is on. way is one of Notifications; text has no control characters.
func notify(out io.Writer, way, text string) {
	for _, n := range notifications() {
		if n.name != way || n.sequence == nil {
			continue
		}
		sequence := n.sequence(text)
		if os.Getenv("TMUX") != "" {
			sequence = ansi.TmuxPassthrough(sequence)
		}
		_, _ = io.WriteString(out, sequence) // a terminal that is gone shows nothing
	}
}
