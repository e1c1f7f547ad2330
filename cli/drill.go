package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill"
	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/proxy"
	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/drill/stage"
	"livestream-tui/procs/platform"
)

// drillFlags are the flags of the drill.
type drillFlags struct {
	trialFlags
	proxy     string
	list, all bool
}

func drillCommand(a *app) *cobra.Command {
	var o drillFlags
	var names []string
	for _, f := range fault.All() {
		names = append(names, f.Name)
	}
	cmd := &cobra.Command{
		Use: "drill [NAME ...]", Short: "inject faults into a platform of its own while virtual players watch, and report whether any of them noticed",
		ValidArgs: names,
		RunE:      func(_ *cobra.Command, args []string) error { return a.drill(args, o) },
	}
	o.addTo(cmd, layouts.Default, 24)
	f := cmd.Flags()
	f.BoolVar(&o.list, "list", false, "list the faults; + marks those that run only with --all or by name")
	f.BoolVar(&o.all, "all", false, "without names: every fault")
	f.StringVar(&o.proxy, "proxy-command", "", "play through another proxy, which `COMMAND` runs in the foreground (without a shell): {port} is the port\n"+
		"to listen on, {server1} and {server2} are HOST:PORT of the packagers; PROXY_PORT and PACKAGERS hold them too")
	cmd.AddCommand(soakCommand(a))
	return cmd
}

// drill launches a platform of its own and injects faults.
func (a *app) drill(names []string, o drillFlags) error {
	layout, err := loadLayout(o.layout)
	if err != nil {
		return err
	}
	kind := fault.KindOf(layout)
	if o.list {
		kind = fault.Kind{Live: true, Engine: true}
	}
	faults, err := fault.Select(names, o.all || o.list, kind)
	if err != nil {
		return &usageError{err}
	}
	if o.list {
		return listFaults(a.out, faults)
	}
	if err := o.check(); err != nil {
		return err
	}
	var external []string
	if o.proxy != "" {
		if external, err = proxy.Words(o.proxy); err != nil {
			return usagef("--proxy-command: %w", err)
		}
	}
	t, err := a.newTrial(o.trialFlags, external != nil)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Own }) {
		if err := t.sandbox.MountDisk(); err != nil {
			return err
		}
	}
	return t.run(func(ctx context.Context, p platform.Runner, options stage.Options) (report.Summary, error) {
		options.Proxy = external
		return drill.Run(ctx, p, faults, options)
	})
}

func listFaults(out io.Writer, faults []fault.Fault) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, f := range faults {
		mark := ""
		if f.More {
			mark = "+"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, mark, f.About)
	}
	return w.Flush()
}
