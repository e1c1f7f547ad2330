package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster"
	"livestream-tui/procs/cluster/view"
	"livestream-tui/procs/headless"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/services/kit/service"
	"livestream-tui/tui"
	"livestream-tui/tui/terminal"
)

// platformFlags are the flags of the root command.
type platformFlags struct {
	layout         string
	machine        string
	headless, json bool
	duration       time.Duration
	screen         screenFlags
}

func platformCommand(a *app) *cobra.Command {
	var o platformFlags
	cmd := &cobra.Command{
		Use:   "livestream-tui",
		Short: "a control room for a live stream that must not go down",
		Long: "A terminal control room for a live stream that must not go down. Without a command it launches the platform\n" +
			"of the layout (encoder, packagers, control plane, proxy), supervises it and shows the dashboard.",
		Args:                       onlyCommands,
		SuggestionsMinimumDistance: suggestionDistance,
		RunE:                       func(*cobra.Command, []string) error { return a.platform(o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.headless, "headless", false, "run without a terminal: print events")
	f.BoolVar(&o.json, "json", false, "with --headless: print each event as a line of JSON")
	f.DurationVar(&o.duration, "for", 0, "with --headless: stop this `DURATION` after coming on air, such as 60s")
	f.StringVar(&o.machine, "machine", "", "with a layout that has an engine: the `NAME` of this machine in its cluster (default: MACHINE, else as before, else the host name)")
	addLayoutFlag(cmd, &o.layout, layouts.Default)
	o.screen.addTo(cmd, a.env)
	return cmd
}

func (o platformFlags) check(env service.Environment) error {
	switch {
	case !o.headless && (o.json || o.duration != 0):
		return usagef("--json and --for need --headless")
	case o.duration < 0:
		return usagef("--for %s: allowed is more than 0s", o.duration)
	case o.headless && o.screen.given():
		return usagef("--ascii, --theme and --read-only are the dashboard's: leave them out with --headless")
	case !o.headless:
		return o.screen.check(env, "--headless")
	}
	return nil
}

// platform launches a layout, with the dashboard or headless.
func (a *app) platform(o platformFlags) error {
	if err := o.check(a.env); err != nil {
		return err
	}
	if !o.headless {
		if err := o.screen.load(a.errs); err != nil {
			return err
		}
	}
	layout, err := loadLayout(o.layout)
	if err != nil {
		return err
	}
	a.nameMachine(o.machine)
	manager, sockets, err := a.serviceManager()
	if err != nil {
		return err
	}
	options, paths, err := a.launchOptions(layout)
	own, bad := a.supervision()
	if err := service.JoinProblems(err, bad); err != nil {
		return err
	}
	options.Sockets = sockets
	options.RunPath, options.LogPath, options.Folders = paths.Run, logFolder(paths), folders(paths)
	options.StatePath, options.OnEvent, options.LowDisk = paths.State, own.OnEvent, own.LowDisk
	log, closeLog, err := a.platformLog(o, paths)
	if err != nil {
		return err
	}
	defer closeLog()
	options.Log = log
	if !o.headless {
		if options.Guardian, err = terminalArguments(paths); err != nil {
			return err
		}
	}
	agent, err := a.joinCluster(&options)
	if err != nil {
		return err
	}
	p, err := local.New(options)
	if err != nil {
		return err
	}
	seen := runAgent(p, agent, layout)
	if err := a.runBeside(p, own); err != nil {
		return err
	}
	ctx, release := a.untilSignal(p.KillAll)
	defer release()
	defer upgradeOnSignal(p)()
	if o.headless {
		return headless.Run(ctx, p, headless.Options{Out: a.out, JSON: o.json, For: o.duration, Manager: manager})
	}
	defer fmt.Fprintf(a.errs, "logs: %s\n", logFolder(paths))
	return a.dashboard(ctx, p, seen, layout, o.screen)
}

// nameMachine makes the flag --machine the setting MACHINE.
func (a *app) nameMachine(name string) {
	if name != "" {
		a.env = maps.Clone(a.env)
		a.env["MACHINE"] = name
	}
}

// runAgent has the agent of a cluster run with the platform; nil for none. It returns what the
// clients see: the platform of all machines, where there is an agent.
func runAgent(p *local.Local, agent *cluster.Agent, layout layouts.Layout) platform.Platform {
	if agent == nil {
		return p
	}
	v := view.New(view.Options{Own: p, Layout: layout, Machine: agent.Name(), Bus: agent.Bus(), Log: p.Log()})
	p.Beside(func(ctx context.Context, _ platform.Platform, log hclog.Logger) { agent.Run(ctx, p, log) })
	p.Beside(func(ctx context.Context, _ platform.Platform, _ hclog.Logger) { v.Run(ctx) })
	p.Show(v)
	p.DrainWith(agent.Drain)
	return v
}

// terminalArguments describe the terminal as it is before the dashboard changes it,
// for the guardian to restore.
func terminalArguments(p service.Paths) ([]string, error) {
	before, err := terminal.NewKeepsake(logFolder(p))
	if err != nil {
		return nil, err
	}
	return before.Arguments()
}

// platformLog is where supervision itself logs: standard error, or a file beside
// the children's logs while the dashboard has the screen.
func (a *app) platformLog(o platformFlags, p service.Paths) (log hclog.Logger, closeLog func(), err error) {
	common, err := service.CommonFromEnv(a.env)
	if err != nil {
		return nil, nil, err
	}
	if o.headless {
		return service.NewKit("platform", common, a.env, a.errs).Log, func() {}, nil
	}
	// Each run starts a new file: only the last run is of interest.
	f, err := createLogFile(filepath.Join(logFolder(p), "platform.log"))
	if err != nil {
		return nil, nil, fmt.Errorf("STATE_PATH=%q: %w", p.State, err)
	}
	return service.NewKit("platform", common, a.env, f).Log, func() { _ = f.Close() }, nil // nothing more is logged
}

// dashboard shows the platform, as seen has it, until it has stopped. It stops on q, on a signal or
// when the screen itself ends.
func (a *app) dashboard(ctx context.Context, p *local.Local, seen platform.Platform, layout layouts.Layout, o screenFlags) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	summary, err := headless.WatchStop(p)
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	var ran error
	go func() {
		defer close(stopped)
		ran = p.Run(ctx)
	}()
	// The screen has a context of its own: it stays to show how everything stops.
	shown := tui.Run(context.WithoutCancel(ctx), seen, layout, o.options(tui.Options{Version: strings.TrimSpace(versionLine(a.version)), Stop: stop, Stopped: stopped, Kill: p.KillAll}))
	stop()
	<-stopped
	(<-summary).Write(a.errs)
	return errors.Join(shown, ran)
}
