package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
)

func layoutsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "layouts [NAME]", Short: "list the built-in layouts, or print one as YAML", Args: cobra.MaximumNArgs(1),
		ValidArgs: layouts.Names(),
		RunE:      func(_ *cobra.Command, args []string) error { return a.layouts(args) },
	}
}

func (a *app) layouts(args []string) error {
	if len(args) == 1 {
		b, err := layouts.Source(args[0])
		if err != nil {
			return &usageError{err}
		}
		_, err = a.out.Write(b)
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	for _, name := range layouts.Names() {
		l, err := layouts.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\n", name, l.About)
	}
	return w.Flush()
}
