package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/procs/platform/api"
	"livestream-tui/tui"
)

func attachCommand(a *app) *cobra.Command {
	var o screenFlags
	machine := ""
	cmd := &cobra.Command{
		Use: "attach", Short: "show the dashboard of a platform that is already running; q detaches", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.attach(o, machine) },
	}
	o.addTo(cmd, a.env)
	cmd.Flags().StringVar(&machine, "machine", "", "show what this `MACHINE` of the cluster has by itself; without it, all machines")
	_ = cmd.RegisterFlagCompletionFunc("machine", a.completeMachines) // the flag is there
	a.addFar(cmd.Flags())
	return cmd
}

// attach shows a platform that another process runs, until the operator detaches or
// the platform ends.
func (a *app) attach(o screenFlags, machine string) error {
	if machine != "" && a.far.host != "" {
		return usagef("--machine goes through the engine, --ssh around it: leave one of them out")
	}
	if err := o.check(a.env, "ctl status"); err != nil {
		return err
	}
	if err := o.load(a.errs); err != nil {
		return err
	}
	ctx, release := a.untilSignal(func() {}) // a second INT has nothing to speed up
	defer release()
	connect := a.dial
	if o.readOnly {
		connect = a.dialToWatch
	}
	if machine != "" {
		connect = func(ctx context.Context) (*api.Remote, error) { return a.dialMachine(ctx, machine) }
	}
	remote, err := connect(ctx)
	if err != nil {
		return err
	}
	defer remote.Close()
	layout, err := remote.Layout(ctx)
	if err != nil {
		return err
	}
	watching, detach := context.WithCancel(ctx)
	gone := make(chan struct{})
	var why error
	go func() {
		defer close(gone)
		if machine == "" {
			why = remote.Ended(watching)
			return
		}
		<-watching.Done() // another machine's end is shown, and it may be back
		why = watching.Err()
	}()
	shown := tui.Run(context.WithoutCancel(ctx), remote, layout, o.options(tui.Options{Version: strings.TrimSpace(versionLine(a.version)), Stopped: gone}))
	detach()
	<-gone
	switch {
	case errors.Is(why, context.Canceled):
		fmt.Fprintf(a.errs, "detached: the platform runs on (pid %d)\n", remote.Latest().PID)
		return shown
	case why == nil:
		fmt.Fprintln(a.errs, "the platform has ended")
	}
	return errors.Join(shown, why)
}
