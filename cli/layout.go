package cli

import (
	"fmt"
	"maps"
	"os"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform/api"
	"livestream-tui/procs/platform/local"
	"livestream-tui/services"
	"livestream-tui/services/kit/service"
	"livestream-tui/tui"
)

func addLayoutFlag(cmd *cobra.Command, layout *string, name string) {
	cmd.Flags().StringVar(layout, "layout", name, "a built-in layout's name, or a `FILE` in YAML")
	_ = cmd.RegisterFlagCompletionFunc("layout", cobra.FixedCompletions(layouts.Names(), cobra.ShellCompDirectiveDefault)) // the flag exists
}

func loadLayout(nameOrFile string) (layouts.Layout, error) {
	if _, err := layouts.Source(nameOrFile); err != nil {
		return layouts.Layout{}, &usageError{err}
	}
	l, err := layouts.Load(nameOrFile, tui.Panels()...)
	if err != nil {
		return l, &layoutError{err}
	}
	return l, nil
}

// launchOptions are the options that launch the layout as processes of this same
// binary, once its settings are known to be right. Folders and log are still to be
// chosen.
func (a *app) launchOptions(l layouts.Layout) (local.Options, service.Paths, error) {
	paths, err := a.checkLayout(l)
	if err != nil {
		return local.Options{}, paths, err
	}
	self, err := os.Executable()
	if err != nil {
		return local.Options{}, paths, fmt.Errorf("cannot find our own binary: %w", err)
	}
	return local.Options{Layout: l, Env: a.env, Settings: services.SettingNames(), Reads: services.Reads, Self: self, Serve: api.Serve}, paths, nil
}

// checkLayout reads the settings of every process of the layout before any starts,
// so that one message names everything that is wrong with them.
func (a *app) checkLayout(l layouts.Layout) (service.Paths, error) {
	paths, err := a.paths()
	errs := []error{err}
	l, err = l.Resolve(a.env)
	if err != nil {
		return paths, &layoutError{err}
	}
	for _, p := range l.Processes {
		s, ok := services.Find(p.Service)
		if !ok {
			return paths, fmt.Errorf("layout %s: process %s: no service %q", l.Name, p.Name, p.Service)
		}
		env := maps.Clone(a.env)
		maps.Copy(env, p.Environment)
		_, err := s.Prepare(env)
		errs = append(errs, err)
	}
	return paths, service.JoinProblems(errs...)
}
