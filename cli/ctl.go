package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"livestream-tui/procs/ctl"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
)

func ctlCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "ctl", Short: "query or command a platform that is already running", Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error {
			var names []string
			for _, sub := range c.Commands() {
				if !sub.Hidden {
					names = append(names, sub.Name())
				}
			}
			return usagef("ctl needs a command: %s", strings.Join(names, ", "))
		},
	}
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print one JSON document")
	a.addFar(cmd.PersistentFlags())
	cmd.AddCommand(connectCommand(a))
	cmd.AddCommand(&cobra.Command{
		Use: "status [SERVICE]", Short: "show what is on air, and every process", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeNames(platform.Kill),
		RunE:              func(_ *cobra.Command, args []string) error { return a.status(args, asJSON) },
	})
	cmd.AddCommand(&cobra.Command{
		Use: "machines", Short: "show every machine of the cluster", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error { return a.machines(asJSON) },
	})
	for _, v := range ctl.Verbs() {
		cmd.AddCommand(verbCommand(a, v, &asJSON))
	}
	return cmd
}

func verbCommand(a *app, v ctl.Verb, asJSON *bool) *cobra.Command {
	asking, yes := ctl.Request{Verb: v}, false
	cmd := &cobra.Command{Use: v.Name, Short: v.About, Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions}
	if v.Process {
		cmd.Use, cmd.Args, cmd.ValidArgsFunction = v.Name+" SERVICE", cobra.MaximumNArgs(1), a.completeNames(v.Action)
	}
	switch {
	case v.Action == platform.Failover:
		cmd.Use, cmd.Args, cmd.ValidArgsFunction = v.Name+" [SIGNAL]", cobra.MaximumNArgs(1), a.completeSignals
	case v.TakesMachine():
		cmd.Use, cmd.Args, cmd.ValidArgsFunction = v.Name+" MACHINE", cobra.MaximumNArgs(1), a.completeMachines
	case v.TakesInput():
		cmd.Use, cmd.Args, cmd.ValidArgsFunction = v.Name+" SIGNAL INPUT", cobra.MaximumNArgs(2), a.completeInputs
	case v.TakesSignal():
		cmd.Flags().StringVar(&asking.Signal, "signal", "", "only for this `SIGNAL`; every signal without it")
		_ = cmd.RegisterFlagCompletionFunc("signal", a.completeSignals) // the flag is there
	}
	if v.MayWait {
		cmd.Flags().BoolVar(&asking.Wait, "wait", v.Waits, "wait until it is done: ready, or stopped")
		cmd.Flags().DurationVar(&asking.Timeout, "timeout", time.Minute, "wait this `DURATION` at most; exit status 3 if it is not ready by then")
	}
	if v.MayTakeOffAir() {
		cmd.Flags().BoolVar(&yes, "yes", false, "do not ask, even if it takes the stream off air")
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		switch {
		case v.TakesInput():
			args = append(args, "", "") // what is missing is refused with the list of names
			asking.Signal, asking.Input = args[0], args[1]
		case v.TakesMachine():
			asking.Machine = strings.Join(args, "") // as above
		case v.Process:
			asking.Name = strings.Join(args, "") // as above
		default:
			asking.Signal += strings.Join(args, "")
		}
		return a.ask(asking, yes, *asJSON)
	}
	return cmd
}

// status prints the state of the platform, or of the processes named.
func (a *app) status(names []string, asJSON bool) error {
	return a.withPlatform(func(_ context.Context, p *api.Remote) error {
		s := p.Latest() // dial has just fetched it
		write := ctl.WriteStatus
		if asJSON {
			write = ctl.WriteStatusJSON
		}
		for _, name := range names {
			var err error
			if s, err = ctl.Only(s, name); err != nil {
				return &usageError{err}
			}
		}
		return write(a.out, s)
	})
}

// machines prints the machines of the cluster.
func (a *app) machines(asJSON bool) error {
	return a.withPlatform(func(_ context.Context, p *api.Remote) error {
		if asJSON {
			return ctl.WriteMachinesJSON(a.out, p.Latest())
		}
		return ctl.WriteMachines(a.out, p.Latest())
	})
}

// ask sends a command to the platform and prints the result. Unless yes is set, the operator
// has to confirm a command that takes the stream off air.
func (a *app) ask(asking ctl.Request, yes, asJSON bool) error {
	if asking.MayWait && asking.Timeout <= 0 {
		return usagef("--timeout %s: allowed is more than 0s", asking.Timeout)
	}
	return a.withPlatform(func(ctx context.Context, p *api.Remote) error {
		if err := asking.Check(p.Latest(), asking.Name); err != nil {
			return &usageError{err}
		}
		if err := asking.CheckMachine(p.Latest(), asking.Machine); err != nil {
			return &usageError{err}
		}
		if err := asking.CheckSignal(p.Latest(), asking.Signal); err != nil {
			return &usageError{err}
		}
		if err := asking.CheckInput(p.Latest(), asking.Signal, asking.Input); err != nil {
			return &usageError{err}
		}
		if why := asking.Danger(p.Latest()); why != "" && !yes {
			if err := a.confirm(ctx, asking.Verb.Name+" "+asking.Name, asking.Effect(p.Latest()), why); err != nil {
				return err
			}
		}
		done, err := ctl.Do(ctx, p, asking)
		if err != nil {
			return err
		}
		return done.Write(a.out, asJSON)
	})
}

// errDeclined is the answer no.
var errDeclined = errors.New("nothing was done")

// confirm asks the operator for a yes to a command whose effect the audience notices; why says
// in which way. It returns when ctx is cancelled.
func (a *app) confirm(ctx context.Context, command, effect, why string) error {
	if !isatty.IsTerminal(os.Stdin.Fd()) {
		return usagef("%s %s: %s. Without a terminal to ask on it needs --yes", command, effect, why)
	}
	fmt.Fprintf(a.errs, "%s %s: %s.\n%s? [y/N] ", command, effect, why, command)
	answered := make(chan string, 1)
	go func() { // it ends with the program at the latest: a read of a terminal cannot be cancelled
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n') // no answer means no
		answered <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answered:
		if answer != "y" && answer != "yes" {
			return errDeclined
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
