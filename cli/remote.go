package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"livestream-tui/procs/ctl"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
)

// dial connects to the platform of this RUN_PATH, or to that of the host of --ssh.
func (a *app) dial(ctx context.Context) (*api.Remote, error) {
	if a.far.host != "" {
		return a.dialFar(ctx)
	}
	paths, err := a.paths()
	if err != nil {
		return nil, err
	}
	return api.Dial(ctx, platform.SocketPath(paths.Run))
}

// dialMachine connects to the platform of one machine, through that of this RUN_PATH.
func (a *app) dialMachine(ctx context.Context, machine string) (*api.Remote, error) {
	paths, err := a.paths()
	if err != nil {
		return nil, err
	}
	return api.DialMachine(ctx, platform.SocketPath(paths.Run), machine)
}

// dialToWatch connects to the socket that takes no commands. A platform of an earlier
// version has none, and is asked on its control socket.
func (a *app) dialToWatch(ctx context.Context) (*api.Remote, error) {
	if a.far.host != "" {
		return a.dialFar(ctx) // the dashboard refuses the keys that command
	}
	paths, err := a.paths()
	if err != nil {
		return nil, err
	}
	if p, err := api.Dial(ctx, platform.WatchSocketPath(paths.Run)); err == nil {
		return p, nil
	}
	return a.dial(ctx)
}

// withPlatform calls do with the platform of this RUN_PATH, until a signal comes.
func (a *app) withPlatform(do func(context.Context, *api.Remote) error) error {
	ctx, release := a.untilSignal(exitInterrupted)
	defer release()
	p, err := a.dial(ctx)
	if err == nil {
		defer p.Close()
		err = do(ctx, p)
	}
	if errors.Is(err, context.Canceled) && a.interrupted.Load() {
		return nil // the exit status says that the operator interrupted it
	}
	return err
}

// completeNames completes the first argument with the processes that action applies
// to, if a platform runs.
func (a *app) completeNames(action platform.Action) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		p, err := a.dial(context.Background()) // it answers at once, or nothing is completed
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer p.Close()
		var list []cobra.Completion
		for _, name := range p.Latest().Names(action) {
			process, _ := p.Latest().Process(name)
			list = append(list, cobra.CompletionWithDesc(name, process.State.String()))
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeSignals completes a signal's name with those of the ingest table, if a platform
// runs.
func (a *app) completeSignals(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	p, err := a.dial(context.Background()) // it answers at once, or nothing is completed
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer p.Close()
	return p.Latest().SignalNames(), cobra.ShellCompDirectiveNoFileComp
}

// completeMachines completes a machine's name, if a platform of a cluster runs.
func (a *app) completeMachines(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	p, err := a.dial(context.Background()) // as above
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer p.Close()
	return p.Latest().MachineNames(), cobra.ShellCompDirectiveNoFileComp
}

// completeInputs completes the name of a live signal, and then that of one of its inputs.
func (a *app) completeInputs(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	p, err := a.dial(context.Background()) // as above
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer p.Close()
	if len(args) == 0 {
		return ctl.LiveNames(p.Latest()), cobra.ShellCompDirectiveNoFileComp
	}
	return ctl.InputsOf(p.Latest(), args[0]), cobra.ShellCompDirectiveNoFileComp
}
