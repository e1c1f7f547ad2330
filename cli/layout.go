package cli

import (
	"fmt"
	"maps"
	"os"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster"
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
	paths, err := a.paths()
	if !cluster.IsIn(l) { // otherwise its settings are not complete yet
		err = service.JoinProblems(err, checkLayout(l, a.env))
	}
	if err != nil {
		return local.Options{}, paths, err
	}
	self, err := os.Executable()
	if err != nil {
		return local.Options{}, paths, fmt.Errorf("cannot find our own binary: %w", err)
	}
	return local.Options{Layout: l, Env: a.env, Settings: services.SettingNames(), Reads: services.Reads, Self: self, Serve: api.Serve}, paths, nil
}

// joinCluster prepares the agent of a layout that is one of a cluster; nil for any other. It
// completes the options, and then checks the settings.
func (a *app) joinCluster(o *local.Options) (*cluster.Agent, error) {
	agent, err := cluster.Prepare(o, a.version)
	if err != nil || agent == nil {
		return nil, err
	}
	return agent, checkLayout(o.Layout, o.Env)
}

// checkLayout reads the settings of every process of the layout in an environment before any
// starts, so that one message names everything that is wrong with them.
func checkLayout(l layouts.Layout, operator service.Environment) error {
	var errs []error
	l, err := l.Resolve(operator)
	if err != nil {
		return &layoutError{err}
	}
	for _, p := range l.Processes {
		s, ok := services.Find(p.Service)
		if !ok {
			return fmt.Errorf("layout %s: process %s: no service %q", l.Name, p.Name, p.Service)
		}
		env := maps.Clone(operator)
		maps.Copy(env, p.Environment)
		_, err := s.Prepare(env)
		errs = append(errs, err)
	}
	return service.JoinProblems(errs...)
}
