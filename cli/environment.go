package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/services"
	"livestream-tui/services/kit/handover"
	"livestream-tui/services/kit/service"
)

func environmentCommand(a *app) *cobra.Command {
	var asFile bool
	cmd := &cobra.Command{
		Use: "environment", Short: "print every setting, each an environment variable", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		Long: settingsText(),
		RunE: func(*cobra.Command, []string) error {
			said := settingsText() + "\n"
			if asFile {
				said = settingsFile(a.env)
			}
			_, err := io.WriteString(a.out, said)
			return err
		},
	}
	cmd.Flags().BoolVar(&asFile, "file", false, "print them as a file for a service")
	return cmd
}

// eachSetting calls do with each setting once, in order.
func eachSetting(do func(service.Setting)) {
	seen := map[string]bool{}
	for _, s := range services.Settings() {
		if !seen[s.Variable] {
			seen[s.Variable] = true
			s.Doc = strings.ReplaceAll(s.Doc, "`", "")
			do(s)
		}
	}
}

// settingsFile is every setting that an operator may set as a line NAME=VALUE, commented
// out: with its value in env, or else with its default.
func settingsFile(env service.Environment) string {
	var b strings.Builder
	b.WriteString("# Settings of livestream-tui as a service. A line that starts with # has no effect: it\n" +
		"# shows the value that holds without it. What has changed holds after a restart.\n")
	eachSetting(func(s service.Setting) {
		if s.Variable == handover.SocketVariable {
			return // the supervisor sets it
		}
		doc := strings.ReplaceAll(wrapped(s.Doc, fileWidth), "\n", "\n# ")
		fmt.Fprintf(&b, "\n# %s\n#%s=%s\n", doc, s.Variable, cmp.Or(env[s.Variable], s.Default))
	})
	return b.String()
}

// The widths of the table of settings, in cells; the whole fits a terminal of 80.
const (
	variableWidth = 22
	defaultWidth  = 11
	docWidth      = 80 - variableWidth - defaultWidth - 4
	fileWidth     = 86 // of a comment in the file
)

// settingsText is every setting, each once, as a table for a terminal.
func settingsText() string {
	var b strings.Builder
	b.WriteString("Every setting is an environment variable. An empty one counts as not set.\n\n")
	row := func(variable, value, doc string) {
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%-*s  %-*s  %s", variableWidth, variable, defaultWidth, value, doc), " "))
	}
	row("VARIABLE", "DEFAULT", "WHAT IT IS")
	eachSetting(func(s service.Setting) {
		for i, line := range strings.Split(wrapped(s.Doc, docWidth), "\n") {
			if i == 0 {
				row(s.Variable, s.Default, line)
			} else {
				row("", "", line)
			}
		}
	})
	return strings.TrimRight(b.String(), "\n")
}
