package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/services/kit/text"
	"livestream-tui/tui"
	"livestream-tui/tui/preferences"
)

func configCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "print what the dashboard is set to, and the file that says so", Args: cobra.NoArgs,
		Long: "Prints what the dashboard is set to, and the path of the file that says so: config.yaml in the configuration\n" +
			"folder of the user. Flags go before it. It may have theme, ascii, confirmations, read_only, keys, and screens,\n" +
			"which are written as in a layout and shown in the place of its own. These keys have names:\n\n" +
			wrapped(strings.Join(tui.KeyNames(), " "), 78),
		RunE: func(*cobra.Command, []string) error { return a.config() },
	}
}

// config prints the effective preferences as the text of a file.
func (a *app) config() error {
	path, err := preferences.Path()
	if err != nil {
		return err
	}
	p, found, err := preferences.Load(path, allowedPreferences())
	if err != nil {
		return &preferencesError{err}
	}
	writeWarnings(a.errs, p.Warnings)
	note := ""
	if !found {
		note = " (there is none: these are the defaults)"
	}
	_, err = fmt.Fprintf(a.out, "# %s%s\n%s", text.Clean(path), note, p.Write(allowedPreferences()))
	return err
}

// allowedPreferences are those of this dashboard.
func allowedPreferences() preferences.Allowed {
	return preferences.Allowed{Themes: tui.Themes(), Panels: tui.Panels(), Notifications: tui.Notifications(), Keys: tui.KeyNames(), CheckKeys: tui.CheckKeys}
}

// preferencesError is a configuration that cannot be read as it is written.
type preferencesError struct{ error }

func (e *preferencesError) Unwrap() error { return e.error }

// wrapped puts the words of a text into lines of w cells.
func wrapped(words string, w int) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(words) {
		if line != "" && len(line)+1+len(word) > w {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return strings.Join(append(lines, line), "\n")
}
