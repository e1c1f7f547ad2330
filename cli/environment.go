package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/services"
)

// environmentCommand is a help topic: it has no RunE.
func environmentCommand(*app) *cobra.Command {
	return &cobra.Command{
		Use: "environment", Short: "every setting, each an environment variable: help environment",
		Long: settingsText(),
	}
}

// The widths of the table of settings, in cells; the whole fits a terminal of 80.
const (
	variableWidth = 22
	defaultWidth  = 11
	docWidth      = 80 - variableWidth - defaultWidth - 4
)

// settingsText is every setting, each once, as a table for a terminal.
func settingsText() string {
	var b strings.Builder
	b.WriteString("Every setting is an environment variable. An empty one counts as not set.\n\n")
	row := func(variable, value, doc string) {
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%-*s  %-*s  %s", variableWidth, variable, defaultWidth, value, doc), " "))
	}
	row("VARIABLE", "DEFAULT", "WHAT IT IS")
	seen := map[string]bool{}
	for _, s := range services.Settings() {
		if seen[s.Variable] {
			continue
		}
		seen[s.Variable] = true
		for i, line := range strings.Split(wrapped(strings.ReplaceAll(s.Doc, "`", ""), docWidth), "\n") {
			if i == 0 {
				row(s.Variable, s.Default, line)
			} else {
				row("", "", line)
			}
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
