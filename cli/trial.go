package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/hashicorp/go-hclog"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/drill/sandbox"
	"livestream-tui/procs/drill/stage"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
)

// trialFlags are the flags that the drill and the soak share.
type trialFlags struct {
	layout, junit string
	players       int
	json          bool
}

func (o *trialFlags) addTo(cmd *cobra.Command, layout string, players int) {
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "print a line of JSON for each fault, and one for the whole")
	f.StringVar(&o.junit, "junit", "", "write JUnit XML to `FILE` as well")
	f.IntVar(&o.players, "players", players, "how many virtual `PLAYERS` watch")
	addLayoutFlag(cmd, &o.layout, layout)
}

func (o trialFlags) check() error {
	if o.players < 1 {
		return usagef("--players %d: allowed is 1 or more", o.players)
	}
	return nil
}

// trial is a platform of the drill's own, in a sandbox.
type trial struct {
	app     *app
	flags   trialFlags
	options local.Options
	sandbox sandbox.Sandbox
}

// newTrial prepares the trial. With an external proxy its platform has no proxy.
func (a *app) newTrial(o trialFlags, externalProxy bool) (*trial, error) {
	layout, err := loadLayout(o.layout)
	if err != nil {
		return nil, err
	}
	options, paths, err := a.launchOptions(layout)
	if err != nil {
		return nil, err
	}
	options.Log = hclog.NewNullLogger()
	box, err := sandbox.New(&options, paths.Cache, externalProxy)
	if err != nil {
		return nil, err
	}
	return &trial{app: a, flags: o, options: options, sandbox: box}, nil
}

// drillRun injects faults into a platform that is not started yet, and judges them.
type drillRun func(context.Context, platform.Runner, stage.Options) (report.Summary, error)

// run makes the platform, injects faults until a signal comes and reports.
func (t *trial) run(inject drillRun) error {
	summary, err := t.inject(inject)
	return t.finish(summary, err)
}

// finish writes the report. The error says whether players noticed. If anything
// failed the trial's folders stay, for their logs.
func (t *trial) finish(summary report.Summary, err error) error {
	if t.flags.junit != "" {
		err = errors.Join(err, writeFile(t.flags.junit, func(w io.Writer) error { return report.WriteJUnit(w, summary) }))
	}
	failed := len(summary.Failed())
	if err != nil || failed > 0 {
		fmt.Fprintf(t.app.errs, "logs: %s\n", t.options.LogPath)
	} else {
		err = t.sandbox.Remove()
	}
	switch {
	case err != nil || t.app.interrupted.Load():
		return err
	case failed > 0:
		return fmt.Errorf("%d of %d drills failed", failed, len(summary.Results)-len(summary.Skipped()))
	case len(summary.Results) < summary.Planned:
		return errors.New("ended before every drill was done")
	}
	return nil
}

func (t *trial) inject(inject drillRun) (summary report.Summary, err error) {
	agent, err := t.app.joinCluster(&t.options)
	var p *local.Local
	if err == nil {
		p, err = local.New(t.options)
	}
	if err != nil {
		return report.Summary{}, errors.Join(err, t.sandbox.UnmountDisk(), t.sandbox.Remove())
	}
	defer func() { err = errors.Join(err, t.sandbox.UnmountDisk()) }()
	runAgent(p, agent, t.options.Layout)
	ctx, release := t.app.untilSignal(p.KillAll)
	defer release()
	return inject(ctx, p, stage.Options{Players: t.flags.players, Sandbox: t.sandbox, Env: t.app.env, Out: t.app.drillPrinter(t.flags.json)})
}

func (a *app) drillPrinter(asJSON bool) report.Printer {
	if asJSON {
		return report.JSON{Out: a.out}
	}
	live := isatty.IsTerminal(os.Stdout.Fd())
	width, _, err := term.GetSize(os.Stdout.Fd())
	if err != nil {
		width = 0 // unknown
	}
	return &report.Text{Out: a.out, Live: live, Colour: live && a.env["NO_COLOR"] == "", Width: width}
}

// writeFile creates a file with what write writes.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
