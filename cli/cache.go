package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"livestream-tui/services"
)

func cacheCommand(a *app) *cobra.Command {
	cache := &cobra.Command{
		Use: "cache", Short: "list the mezzanines: the converted films", Args: onlyCommands, ValidArgsFunction: cobra.NoFileCompletions,
		SuggestionsMinimumDistance: suggestionDistance,
		RunE: func(*cobra.Command, []string) error {
			paths, err := a.paths()
			if err != nil {
				return err
			}
			return services.WriteCache(a.out, paths.Cache)
		},
	}
	var yes bool
	clearing := &cobra.Command{
		Use: "clear [NAME ...]", Short: "remove mezzanines, named by themselves or by their films; without names, all that are not on air",
		ValidArgsFunction: a.completeCached,
		RunE:              func(_ *cobra.Command, names []string) error { return a.clearCache(names, yes) },
	}
	clearing.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cache.AddCommand(clearing)
	return cache
}

// clearCache removes mezzanines once the operator has said yes.
func (a *app) clearCache(names []string, yes bool) error {
	paths, err := a.paths()
	if err != nil {
		return err
	}
	list, err := services.ChooseCached(paths.Cache, names)
	switch {
	case err != nil && len(names) > 0:
		return &usageError{err}
	case err != nil:
		return err
	case len(list) > 0 && !yes && !isatty.IsTerminal(os.Stdin.Fd()):
		return usagef("cache clear asks before it removes anything: without a terminal it needs --yes")
	case len(list) > 0 && !yes:
		fmt.Fprint(a.out, services.AskedToClear(list))
		var answer string
		_, _ = fmt.Fscanln(os.Stdin, &answer) // no answer means no
		if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
			return errors.New("nothing was removed")
		}
	}
	return services.ClearCache(a.out, paths.Cache, list, len(names) > 0)
}

func (a *app) completeCached(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	paths, err := a.paths()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, _ := services.ChooseCached(paths.Cache, nil) // what cannot be read is not completed
	var names []cobra.Completion
	for _, c := range list {
		names = append(names, cobra.CompletionWithDesc(c.Name, c.Film))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
