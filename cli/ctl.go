package cli

import (
	"context"
	"strings"
	"time"

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
				names = append(names, sub.Name())
			}
			return usagef("ctl needs a command: %s", strings.Join(names, ", "))
		},
	}
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print one JSON document")
	cmd.AddCommand(&cobra.Command{
		Use: "status [SERVICE]", Short: "show what is on air, and every process", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeNames(platform.Kill),
		RunE:              func(_ *cobra.Command, args []string) error { return a.status(args, asJSON) },
	})
	for _, v := range ctl.Verbs() {
		cmd.AddCommand(verbCommand(a, v, &asJSON))
	}
	return cmd
}

func verbCommand(a *app, v ctl.Verb, asJSON *bool) *cobra.Command {
	asking := ctl.Request{Verb: v}
	cmd := &cobra.Command{Use: v.Name, Short: v.About, Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions}
	if v.Process {
		cmd.Use, cmd.Args, cmd.ValidArgsFunction = v.Name+" SERVICE", cobra.MaximumNArgs(1), a.completeNames(v.Action)
	}
	if v.MayWait {
		cmd.Flags().BoolVar(&asking.Wait, "wait", v.Waits, "wait until it is done: ready, or stopped")
		cmd.Flags().DurationVar(&asking.Timeout, "timeout", time.Minute, "wait this `DURATION` at most; exit status 3 if it is not ready by then")
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if v.Process {
			asking.Name = strings.Join(args, "") // an empty name is refused with the list of names
		}
		return a.ask(asking, *asJSON)
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
			one, ok := s.Process(name)
			if !ok {
				return usagef("status %q: allowed are %s", name, strings.Join(s.Names(platform.Kill), ", "))
			}
			s.Processes = []platform.Process{one}
		}
		return write(a.out, s)
	})
}

// ask sends a command to the platform and prints the result.
func (a *app) ask(asking ctl.Request, asJSON bool) error {
	if asking.MayWait && asking.Timeout <= 0 {
		return usagef("--timeout %s: allowed is more than 0s", asking.Timeout)
	}
	return a.withPlatform(func(ctx context.Context, p *api.Remote) error {
		if err := asking.Check(p.Latest(), asking.Name); err != nil {
			return &usageError{err}
		}
		done, err := ctl.Do(ctx, p, asking)
		if err != nil {
			return err
		}
		return done.Write(a.out, asJSON)
	})
}
