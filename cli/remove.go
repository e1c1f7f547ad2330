package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/membership"
)

func removeCommand(a *app) *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use: "remove MACHINE", Short: "remove a machine from the cluster for good", Args: oneMachine, ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Removes a machine from the cluster for good: no other machine expects anything of it any more. Run it on another\n" +
			"machine once the platform of MACHINE is stopped, or on MACHINE itself, which then belongs to no cluster. A machine\n" +
			"that was removed still has the cluster's secret: where it is in wrong hands, make a new cluster.",
		RunE: func(_ *cobra.Command, args []string) error { return a.remove(args[0], yes) },
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "also a machine that is heard, and this one although no engine answers")
	return cmd
}

// oneMachine refuses anything but the name of one machine.
func oneMachine(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("remove takes the name of one machine")
	}
	return nil
}

// remove removes a machine from the cluster.
func (a *app) remove(machine string, yes bool) error {
	if err := identity.CheckName(machine); err != nil {
		return &usageError{err}
	}
	paths, err := a.paths()
	if err != nil {
		return err
	}
	own, err := identity.Open(identity.FolderIn(paths.State))
	if err != nil {
		return err
	}
	if machine == own.Machine {
		if err := stopped(paths); err != nil {
			return err
		}
	}
	ctx, release := a.untilSignal(exitInterrupted)
	defer release()
	err = membership.Remove(ctx, membership.Removal{
		Own: own, Machine: machine, Heard: yes, Open: openEngine, Say: a.tell(""), Warn: a.tell("warning: "),
	})
	switch {
	case errors.Is(err, context.Canceled) && a.interrupted.Load():
		return nil // the exit status says that the operator interrupted it
	case errors.Is(err, membership.ErrHeard):
		return fmt.Errorf("%w; --yes removes it all the same", err)
	case errors.Is(err, membership.ErrUntold):
		return fmt.Errorf("%w\nWhere they are gone for good, leave the cluster all the same: livestream-tui remove %s --yes", err, machine)
	}
	return err
}
