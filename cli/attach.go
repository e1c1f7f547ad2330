package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"livestream-tui/tui"
)

func attachCommand(a *app) *cobra.Command {
	var o screenFlags
	cmd := &cobra.Command{
		Use: "attach", Short: "show the dashboard of a platform that is already running; q detaches", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.attach(o) },
	}
	o.addTo(cmd, a.env)
	return cmd
}

// attach shows a platform that another process runs, until the operator detaches or
// the platform ends.
func (a *app) attach(o screenFlags) error {
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
		why = remote.Ended(watching)
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
