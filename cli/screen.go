package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"livestream-tui/procs/doctor"
	"livestream-tui/procs/drill"
	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui"
	"livestream-tui/tui/preferences"
)

// screenFlags are the flags of a dashboard.
type screenFlags struct {
	ascii, asciiDefault bool
	theme               string
	readOnly            bool
	// changed reports whether the command line has a flag: a configuration has a say in the
	// others.
	changed func(flag string) bool
	// preferences are those of the operator's configuration, once it is read.
	preferences preferences.Preferences
}

// addTo adds the flags. ASCII is the default where the locale is not UTF-8.
func (o *screenFlags) addTo(cmd *cobra.Command, env service.Environment) {
	o.asciiDefault = !doctor.WritesUTF8(env)
	f := cmd.Flags()
	o.changed = f.Changed
	f.BoolVar(&o.ascii, "ascii", o.asciiDefault, "draw the dashboard in ASCII only; the default where LC_ALL, LC_CTYPE or LANG name a locale that is not UTF-8")
	f.StringVar(&o.theme, "theme", tui.Themes()[0], "the dashboard's `THEME`: "+strings.Join(tui.Themes(), ", "))
	f.BoolVar(&o.readOnly, "read-only", false, "refuse every key of the dashboard that commands the platform")
	_ = cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions(tui.Themes(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
}

// given reports whether any flag differs from its default.
func (o screenFlags) given() bool {
	return o.ascii != o.asciiDefault || o.theme != tui.Themes()[0] || o.readOnly
}

// check reports why there can be no dashboard; otherwise is what the message
// recommends where there is no terminal, or one that cannot show it.
func (o screenFlags) check(env service.Environment, otherwise string) error {
	switch {
	case !slices.Contains(tui.Themes(), o.theme):
		return usagef("--theme %q: allowed are %s", o.theme, strings.Join(tui.Themes(), ", "))
	case !isatty.IsTerminal(os.Stdin.Fd()) || !isatty.IsTerminal(os.Stdout.Fd()):
		return usagef("the dashboard needs a terminal; without one use %s", otherwise)
	case !doctor.MovesCursor(env):
		return usagef("TERM=%q: this terminal cannot move its cursor, which the dashboard needs; use %s, or set TERM to what the terminal is, such as xterm-256color", text.Clean(env["TERM"]), otherwise)
	}
	return nil
}

// load reads the operator's configuration for what the command line leaves open. It writes
// to errs what is out of date in it.
func (o *screenFlags) load(errs io.Writer) error {
	o.preferences.Confirmations = true
	path, err := preferences.Path()
	if err != nil {
		return nil // a user without a home has no configuration
	}
	p, _, err := preferences.Load(path, allowedPreferences())
	if err != nil {
		return &preferencesError{err}
	}
	o.preferences = p
	writeWarnings(errs, p.Warnings)
	if !o.changed("theme") {
		o.theme = p.Theme
	}
	if !o.changed("ascii") && p.ASCII != nil {
		o.ascii = *p.ASCII
	}
	if !o.changed("read-only") {
		o.readOnly = p.ReadOnly
	}
	return nil
}

func writeWarnings(w io.Writer, warnings []string) {
	for _, line := range warnings {
		fmt.Fprintln(w, text.Clean(line))
	}
}

// options adds to t what the flags and the configuration ask for, and the drills.
func (o screenFlags) options(t tui.Options) tui.Options {
	t.ASCII, t.Theme, t.ReadOnly, t.Drills = o.ascii, o.theme, o.readOnly, drills()
	t.Keys, t.Screens, t.Unasked = o.preferences.Keys, o.preferences.Screens, !o.preferences.Confirmations
	t.Notifications = o.preferences.Notifications
	return t
}

// drills are the faults that the dashboard offers.
func drills() []tui.Drill {
	var list []tui.Drill
	for _, f := range fault.All() {
		if f.Own {
			continue // only on a platform of the drill's own
		}
		list = append(list, tui.Drill{Name: f.Name, About: f.About, Hold: f.Hold, NoSource: f.NoSource, Run: func(ctx context.Context, p platform.Platform) (string, error) {
			return drill.Live(ctx, p, f)
		}})
	}
	return list
}
