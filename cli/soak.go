package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/drill/soak"
	"livestream-tui/procs/drill/stage"
	"livestream-tui/procs/platform"
)

// soakFlags are the flags of the soak.
type soakFlags struct {
	trialFlags
	duration time.Duration
	seed     uint64
}

func soakCommand(a *app) *cobra.Command {
	var o soakFlags
	cmd := &cobra.Command{
		Use: "soak", Short: "inject random faults at random moments, several at once, for as long as you like", Args: cobra.NoArgs,
		Long: "Injects random faults into random processes at random moments, several at once, on a platform of its own, while\n" +
			"players watch. One path from an encoder to the proxy always stays intact. The seed alone decides what happens when.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				o.seed = uint64(time.Now().UnixNano()) % 1_000_000
			}
			return a.soak(o)
		},
	}
	o.addTo(cmd, "redundant", 50)
	f := cmd.Flags()
	f.DurationVar(&o.duration, "for", 10*time.Minute, "inject faults for this `DURATION`")
	f.Uint64Var(&o.seed, "seed", 0, "the `SEED` that decides what happens when (default: a new one each time, which is printed)")
	return cmd
}

// soak launches a platform of its own and injects random faults.
func (a *app) soak(o soakFlags) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.duration < soak.Least {
		return usagef("--for %s: allowed is %s or more", o.duration, soak.Least)
	}
	t, err := a.newTrial(o.trialFlags, false)
	if err != nil {
		return err
	}
	if !o.json {
		fmt.Fprintf(a.out, "seed %d\n", o.seed)
	}
	return t.run(func(ctx context.Context, p platform.Runner, options stage.Options) (report.Summary, error) {
		return soak.Run(ctx, p, soak.Options{Stage: options, Seed: o.seed, Length: o.duration})
	})
}
