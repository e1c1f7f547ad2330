// Command livestream-tui is a terminal control room for a live stream that must
// not go down: it launches a whole streaming platform as child processes of this
// same binary, supervises it and shows it. See README.md.
//
// This file wires everything. It alone owns signals and exit statuses.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/hashicorp/go-hclog"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/control"
	"livestream-tui/procs/drill"
	"livestream-tui/services"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/tui"
)

// version is set by the linker: -X main.version=...
var version = "dev"

// The exit statuses (DESIGN.md, commands).
const (
	statusWell          = 0
	statusFailed        = 1
	statusUsage         = 2
	statusNeverReady    = 3
	statusConfiguration = 78
	statusInterrupted   = 130
)

func main() { os.Exit(run(os.Args[1:])) }

// run is the whole program; it returns the exit status.
func run(args []string) int {
	a := &app{env: service.OSEnvironment(), out: os.Stdout}
	root := a.root()
	root.SetArgs(args)
	began := false // of a command's own work: errors before that are wrong usage
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	cmd, err := root.ExecuteC()
	if err != nil && !began {
		err = &usageError{err}
	}
	status := statusOf(err)
	if err == nil && a.interrupted {
		return statusInterrupted
	}
	if err != nil {
		a.complain(cmd, err)
	}
	return status
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// layoutError is a layout file that is not what it should be.
type layoutError struct{ error }

func statusOf(err error) int {
	var usage *usageError
	var layout *layoutError
	var config *service.ConfigError
	var outcome *control.Outcome
	switch {
	case err == nil:
		return statusWell
	case errors.As(err, &usage):
		return statusUsage
	case errors.As(err, &config), errors.As(err, &layout):
		return statusConfiguration
	case errors.As(err, &outcome) && outcome.NeverReady:
		return statusNeverReady
	}
	return statusFailed
}

// app is what the commands share.
type app struct {
	env         service.Environment
	out         io.Writer
	interrupted bool // by INT, which wants its own exit status
}

// complain tells the error, once: as a line of log where a supervisor reads it.
func (a *app) complain(cmd *cobra.Command, err error) {
	if a.env["LOG_FORMAT"] == "json" {
		hclog.New(&hclog.LoggerOptions{Name: cmd.Name(), Output: os.Stderr, JSONFormat: true}).Error(err.Error())
		return
	}
	fmt.Fprintf(os.Stderr, "livestream-tui: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(os.Stderr, "see: %s --help\n", cmd.CommandPath())
	}
}

func (a *app) root() *cobra.Command {
	var o platformOptions
	root := &cobra.Command{
		Use:   "livestream-tui",
		Short: "a control room for a live stream that must not go down",
		Long: "A terminal control room for a live stream that must not go down. Without a command it launches the platform\n" +
			"of the layout (encoder, packagers, control plane, proxy), supervises it and shows the dashboard.",
		Args:          noCommand,
		Version:       version, // --version
		SilenceErrors: true,
		SilenceUsage:  true,
		// Letters that a command may be off to be suggested.
		SuggestionsMinimumDistance: 2,
		RunE:                       func(*cobra.Command, []string) error { return a.platform(o) },
	}
	root.SetVersionTemplate(versionLine())
	f := root.Flags()
	f.StringVar(&o.layout, "layout", layouts.Default, "a built-in layout's name, or a `FILE` in YAML")
	f.BoolVar(&o.headless, "headless", false, "no terminal: events on standard output")
	f.BoolVar(&o.json, "json", false, "with --headless: each event as a line of JSON")
	f.DurationVar(&o.duration, "for", 0, "with --headless: end this `DURATION` after coming on air, such as 60s")
	o.screen.addTo(root, a.env)
	_ = root.RegisterFlagCompletionFunc("layout", cobra.FixedCompletions(layouts.Names(), cobra.ShellCompDirectiveDefault)) // the flag exists

	root.AddGroup(&cobra.Group{ID: "services", Title: "One service in the foreground:"})
	for _, s := range services.All() {
		root.AddCommand(&cobra.Command{
			Use: s.Name, Short: s.About, GroupID: "services", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.service(s) },
		})
	}
	root.AddCommand(
		a.drillCommand(),
		a.attachCommand(),
		a.ctlCommand(),
		a.cacheCommand(),
		&cobra.Command{
			Use: "doctor", Short: "what this machine lacks for the platform, and how to get it", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
		},
		&cobra.Command{
			Use: "layouts [NAME]", Short: "the built-in layouts, or one of them as YAML", Args: cobra.MaximumNArgs(1),
			ValidArgs: layouts.Names(),
			RunE:      func(_ *cobra.Command, args []string) error { return a.layouts(args) },
		},
		&cobra.Command{
			Use: "version", Short: "the version", Args: cobra.NoArgs,
			Run: func(*cobra.Command, []string) {
				fmt.Fprint(a.out, versionLine())
			},
		},
		&cobra.Command{Use: "environment", Short: "every environment variable that is read: help environment", Long: services.SettingsTable()},
		&cobra.Command{
			Use: procs.GuardianCommand + " RECORDS [TERMINAL]", Short: "ends what a killed supervisor left", Hidden: true, Args: cobra.RangeArgs(1, 2),
			RunE: func(_ *cobra.Command, args []string) error {
				signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTTOU)
				orphaned, err := procs.Guard(os.Stdin, args[0])
				if orphaned {
					err = errors.Join(err, tui.RestoreTerminal(args[1:]))
				}
				return err
			},
		},
	)
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = noTopic
		}
	}
	return root
}

func versionLine() string {
	return fmt.Sprintf("livestream-tui %s (%s %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// noTopic refuses help on a command that there is not, which Cobra answers with
// the root's help.
func noTopic(help *cobra.Command, topic []string) error {
	cmd, rest, err := help.Root().Find(topic)
	if err == nil && cmd == help.Root() {
		err = noCommand(cmd, rest)
	}
	return err
}

// noCommand refuses arguments of the root: each is a command that there is not.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text)
}

// untilSignal returns a context that INT, TERM, HUP or QUIT cancels; a second INT
// calls atOnce. release gives the signals back.
func (a *app) untilSignal(atOnce func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				if s == syscall.SIGINT && a.interrupted {
					atOnce()
				}
				a.interrupted = a.interrupted || s == syscall.SIGINT
				cancel()
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		<-ended
		cancel()
	}
}

// upgradeOnSignal asks for an upgrade at each USR2, until release is called. The
// platform logs what comes of it.
func upgradeOnSignal(p control.Platform) (release func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-signals:
				_ = p.Command(context.Background(), control.Command{Action: control.Upgrade}) // a refusal is logged
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}

// service runs one service in the foreground until a signal ends it.
func (a *app) service(s services.Service) error {
	p, err := s.Prepare(a.env)
	if err != nil {
		return err
	}
	kit := service.NewKit(p.Name, p.Common, p.Env, os.Stderr)
	made, err := p.New(kit)
	if err != nil {
		return err
	}
	ctx, release := a.untilSignal(func() { os.Exit(statusInterrupted) })
	defer release()
	return service.Run(ctx, made, kit, p.Common)
}

// platformOptions are the flags of the root command.
type platformOptions struct {
	layout         string
	headless, json bool
	duration       time.Duration
	screen         screenOptions
}

// platform launches a layout, with the dashboard or headless.
func (a *app) platform(o platformOptions) error {
	switch {
	case !o.headless && (o.json || o.duration != 0):
		return &usageError{errors.New("--json and --for need --headless")}
	case o.duration < 0:
		return &usageError{fmt.Errorf("--for %s: allowed is more than 0s", o.duration)}
	case o.headless && o.screen.given():
		return &usageError{errors.New("--ascii and --theme are the dashboard's: leave them out with --headless")}
	case !o.headless:
		if err := o.screen.check(a.env, "--headless"); err != nil {
			return err
		}
	}
	layout, err := loadLayout(o.layout)
	if err != nil {
		return err
	}
	paths, err := a.check(layout)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find our own binary: %w", err)
	}
	log, closeLog, err := a.platformLog(o, paths)
	if err != nil {
		return err
	}
	defer closeLog()
	var guardian []string
	if !o.headless {
		before, err := tui.NewKeepsake(logFolder(paths))
		if err == nil {
			guardian, err = before.Arguments()
		}
		if err != nil {
			return err
		}
	}
	local, err := control.New(control.Options{
		Layout: layout, Env: a.env, Settings: services.SettingNames(), Reads: services.Reads, Self: self, Guardian: guardian,
		RunPath: paths.Run, LogPath: logFolder(paths), Folders: folders(paths), Log: log,
	})
	if err != nil {
		return err
	}
	ctx, release := a.untilSignal(local.KillAll)
	defer release()
	defer upgradeOnSignal(local)()
	if o.headless {
		return control.Headless(ctx, local, control.HeadlessOptions{Out: a.out, JSON: o.json, For: o.duration})
	}
	defer fmt.Fprintf(os.Stderr, "logs: %s\n", logFolder(paths))
	return dashboard(ctx, local, layout, o.screen)
}

func (a *app) attachCommand() *cobra.Command {
	var o screenOptions
	cmd := &cobra.Command{
		Use: "attach", Short: "the dashboard on a platform that runs already; q detaches", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.attach(o) },
	}
	o.addTo(cmd, a.env)
	return cmd
}

// attach shows a platform that another process runs, until the operator has seen
// enough or it has ended.
func (a *app) attach(o screenOptions) error {
	if err := o.check(a.env, "ctl status"); err != nil {
		return err
	}
	ctx, release := a.untilSignal(func() {}) // a second INT has nothing to hurry
	defer release()
	remote, err := a.dial(ctx)
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
	shown := tui.Run(context.WithoutCancel(ctx), remote, layout, tui.Options{
		Stopped: gone, ASCII: o.ascii, Theme: o.theme, Drills: drills(),
	})
	detach()
	<-gone
	switch {
	case errors.Is(why, context.Canceled):
		fmt.Fprintf(os.Stderr, "detached: the platform runs on (pid %d)\n", remote.Latest().PID)
		return shown
	case why == nil:
		fmt.Fprintln(os.Stderr, "the platform has ended")
	}
	return errors.Join(shown, why)
}

// dial finds the platform of this RUN_PATH.
func (a *app) dial(ctx context.Context) (*control.Remote, error) {
	var paths service.Paths
	var problems service.Problems
	service.Parse(a.env, &paths, &problems)
	paths.Complete(a.env, &problems)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return control.Dial(ctx, control.SocketPath(paths.Run))
}

func (a *app) ctlCommand() *cobra.Command {
	var asJSON bool
	ctl := &cobra.Command{
		Use: "ctl", Short: "asks a platform that runs, and commands it", Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			return &usageError{fmt.Errorf("ctl needs a command: %s", strings.Join(names, ", "))}
		},
	}
	ctl.PersistentFlags().BoolVar(&asJSON, "json", false, "one JSON document on standard output")
	ctl.AddCommand(&cobra.Command{
		Use: "status [SERVICE]", Short: "what is on air, and every process", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeNames(control.Kill),
		RunE:              func(_ *cobra.Command, args []string) error { return a.status(args, asJSON) },
	})
	for _, v := range control.Verbs() {
		asking := control.Asking{Verb: v}
		cmd := &cobra.Command{Use: v.Name, Short: v.About, Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions}
		if v.Process {
			cmd.Use, cmd.Args, cmd.ValidArgsFunction = v.Name+" SERVICE", cobra.MaximumNArgs(1), a.completeNames(v.Action)
		}
		if v.MayWait {
			cmd.Flags().BoolVar(&asking.Wait, "wait", v.Waits, "wait until it is done: ready, or stopped")
			cmd.Flags().DurationVar(&asking.Timeout, "timeout", time.Minute, "how long to wait; exit status 3 when it is not ready then")
		}
		cmd.RunE = func(_ *cobra.Command, args []string) error {
			if v.Process {
				asking.Name = strings.Join(args, "") // none is refused with the list of those there are
			}
			return a.ask(asking, asJSON)
		}
		ctl.AddCommand(cmd)
	}
	return ctl
}

// status prints what the platform is, all of it or one process.
func (a *app) status(names []string, asJSON bool) error {
	return a.withPlatform(func(_ context.Context, p *control.Remote) error {
		s := p.Latest() // a moment old
		write := control.WriteStatus
		if asJSON {
			write = control.WriteStatusJSON
		}
		for _, name := range names {
			one, ok := s.Process(name)
			if !ok {
				return &usageError{fmt.Errorf("status %q: allowed are %s", name, strings.Join(s.Names(control.Kill), ", "))}
			}
			s.Processes = []control.Process{one}
		}
		return write(a.out, s)
	})
}

// ask has the platform do something and prints what came of it.
func (a *app) ask(asking control.Asking, asJSON bool) error {
	if asking.MayWait && asking.Timeout <= 0 {
		return &usageError{fmt.Errorf("--timeout %s: allowed is more than 0s", asking.Timeout)}
	}
	return a.withPlatform(func(ctx context.Context, p *control.Remote) error {
		if err := asking.Check(p.Latest(), asking.Name); err != nil {
			return &usageError{err}
		}
		done, err := control.Ask(ctx, p, asking)
		if err != nil {
			return err
		}
		return done.Write(a.out, asJSON)
	})
}

func (a *app) withPlatform(do func(context.Context, *control.Remote) error) error {
	ctx, release := a.untilSignal(func() { os.Exit(statusInterrupted) })
	defer release()
	p, err := a.dial(ctx)
	if err == nil {
		defer p.Close()
		err = do(ctx, p)
	}
	if errors.Is(err, context.Canceled) && a.interrupted {
		return nil // by the operator, whom the exit status tells
	}
	return err
}

// completeNames completes the first argument by asking the platform, if one runs.
func (a *app) completeNames(action control.Action) cobra.CompletionFunc {
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

// drillOptions are the flags of the drill.
type drillOptions struct {
	layout, junit, proxy string
	players              int
	json, list, all      bool
}

func (a *app) drillCommand() *cobra.Command {
	var o drillOptions
	var names []string
	for _, f := range drill.Faults() {
		names = append(names, f.Name)
	}
	cmd := &cobra.Command{
		Use: "drill [NAME ...]", Short: "makes faults on a platform of its own and judges by players whether anybody noticed",
		ValidArgs: names,
		RunE:      func(_ *cobra.Command, args []string) error { return a.drill(args, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.list, "list", false, "list the faults; + marks those that only --all or their name has made")
	f.BoolVar(&o.all, "all", false, "without names: every fault there is")
	f.BoolVar(&o.json, "json", false, "a line of JSON for each fault and one for the whole")
	f.StringVar(&o.junit, "junit", "", "write JUnit's XML to `FILE` as well")
	f.IntVar(&o.players, "players", 24, "how many virtual `PLAYERS` watch")
	f.StringVar(&o.layout, "layout", layouts.Default, "a built-in layout's name, or a `FILE` in YAML")
	f.StringVar(&o.proxy, "proxy-command", "", "play through another proxy, which this `COMMAND` runs in the foreground (no shell): {port} is where it is\n"+
		"to listen, {server1} and {server2} are HOST:PORT of the packagers; PROXY_PORT and PACKAGERS tell them too")
	cmd.AddCommand(a.soakCommand())
	return cmd
}

// soakOptions are the flags of the soak.
type soakOptions struct {
	drillOptions
	duration time.Duration
	seed     uint64
}

func (a *app) soakCommand() *cobra.Command {
	var o soakOptions
	cmd := &cobra.Command{
		Use: "soak", Short: "random faults at random moments, several at once, for as long as you like", Args: cobra.NoArgs,
		Long: "Random faults on random processes at random moments, several at once, on a platform of its own, while players watch.\n" +
			"One way from an encoder to the proxy is always left. What happens when follows from the seed alone.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				o.seed = uint64(time.Now().UnixNano()) % 1_000_000
			}
			return a.soak(o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.duration, "for", 10*time.Minute, "make faults for this `DURATION`")
	f.Uint64Var(&o.seed, "seed", 0, "the `SEED` that decides what happens when; without, one that is new each time and told")
	f.BoolVar(&o.json, "json", false, "a line of JSON for each fault and one for the whole")
	f.StringVar(&o.junit, "junit", "", "write JUnit's XML to `FILE` as well")
	f.IntVar(&o.players, "players", 50, "how many virtual `PLAYERS` watch")
	f.StringVar(&o.layout, "layout", "redundant", "a built-in layout's name, or a `FILE` in YAML")
	return cmd
}

// soak launches a platform of its own and makes random faults on it.
func (a *app) soak(o soakOptions) error {
	switch {
	case o.players < 1:
		return &usageError{fmt.Errorf("--players %d: allowed is 1 or more", o.players)}
	case o.duration < drill.SoakLeast:
		return &usageError{fmt.Errorf("--for %s: allowed is %s or more", o.duration, drill.SoakLeast)}
	}
	options, place, err := a.drillPlace(o.layout, false)
	if err != nil {
		return err
	}
	soak := drill.SoakOptions{
		Options: drill.Options{Players: o.players, Place: place, Env: a.env, Out: a.drillPrinter(o.json)},
		Seed:    o.seed, Length: o.duration,
	}
	if !o.json {
		fmt.Fprintf(a.out, "seed %d\n", o.seed)
	}
	summary, err := a.onPlatform(place, options, func(ctx context.Context, p control.Runner) (drill.Summary, error) {
		return drill.Soak(ctx, p, soak)
	})
	return a.drilled(summary, err, o.drillOptions, place, options.LogPath)
}

// drillPlace is what is to be launched for a drill, and where.
func (a *app) drillPlace(layoutName string, otherProxy bool) (control.Options, drill.Place, error) {
	layout, err := loadLayout(layoutName)
	if err != nil {
		return control.Options{}, drill.Place{}, err
	}
	paths, err := a.check(layout)
	if err != nil {
		return control.Options{}, drill.Place{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return control.Options{}, drill.Place{}, fmt.Errorf("cannot find our own binary: %w", err)
	}
	options := control.Options{Layout: layout, Env: a.env, Settings: services.SettingNames(), Reads: services.Reads, Self: self, Log: hclog.NewNullLogger()}
	place, err := drill.Apart(&options, paths.Cache, otherProxy)
	return options, place, err
}

// drill launches a platform of its own and makes faults on it.
func (a *app) drill(names []string, o drillOptions) error {
	faults, err := drill.Select(names, o.all || o.list)
	if err != nil {
		return &usageError{err}
	}
	if o.list {
		w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
		for _, f := range faults {
			mark := ""
			if f.More {
				mark = "+"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, mark, f.About)
		}
		return w.Flush()
	}
	if o.players < 1 {
		return &usageError{fmt.Errorf("--players %d: allowed is 1 or more", o.players)}
	}
	var proxy []string
	if o.proxy != "" {
		if proxy, err = drill.Words(o.proxy); err != nil {
			return &usageError{fmt.Errorf("--proxy-command: %w", err)}
		}
	}
	options, place, err := a.drillPlace(o.layout, proxy != nil)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(faults, func(f drill.Fault) bool { return f.Own }) {
		if err := place.WithDisk(); err != nil {
			return err
		}
	}
	summary, err := a.onPlatform(place, options, func(ctx context.Context, p control.Runner) (drill.Summary, error) {
		return drill.Run(ctx, p, drill.Options{
			Faults: faults, Players: o.players, Place: place, Proxy: proxy, Env: a.env, Out: a.drillPrinter(o.json),
		})
	})
	return a.drilled(summary, err, o, place, options.LogPath)
}

// drilled says what came of a drill: by the exit status, and where logs are if they
// may be wanted.
func (a *app) drilled(summary drill.Summary, err error, o drillOptions, place drill.Place, logs string) error {
	if o.junit != "" {
		err = errors.Join(err, writeFile(o.junit, func(w io.Writer) error { return drill.WriteJUnit(w, summary) }))
	}
	failed := len(summary.Failed())
	if err != nil || failed > 0 {
		fmt.Fprintf(os.Stderr, "logs: %s\n", logs)
	} else {
		err = place.Leave()
	}
	switch {
	case err != nil || a.interrupted:
		return err
	case failed > 0:
		return fmt.Errorf("%d of %d drills failed", failed, len(summary.Results)-len(summary.Skipped()))
	case len(summary.Results) < summary.Planned:
		return errors.New("ended before every drill was done")
	}
	return nil
}

// onPlatform makes the platform and does a drill on it, until a signal comes.
func (a *app) onPlatform(place drill.Place, options control.Options, do func(context.Context, control.Runner) (drill.Summary, error)) (s drill.Summary, err error) {
	defer func() { err = errors.Join(err, place.Release()) }()
	local, err := control.New(options)
	if err != nil {
		err = errors.Join(err, place.Release(), place.Leave())
		place.Disk = "" // released
		return drill.Summary{}, err
	}
	ctx, release := a.untilSignal(local.KillAll)
	defer release()
	return do(ctx, local)
}

func (a *app) drillPrinter(asJSON bool) drill.Printer {
	if asJSON {
		return drill.JSON{Out: a.out}
	}
	live := isatty.IsTerminal(os.Stdout.Fd())
	width, _, err := term.GetSize(os.Stdout.Fd())
	if err != nil {
		width = 0 // not known
	}
	return &drill.Text{Out: a.out, Live: live, Colour: live && a.env["NO_COLOR"] == "", Width: width}
}

// writeFile makes a file of what write writes.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func loadLayout(nameOrFile string) (layouts.Layout, error) {
	if _, err := layouts.Source(nameOrFile); err != nil {
		return layouts.Layout{}, &usageError{err}
	}
	l, err := layouts.Load(nameOrFile)
	if err != nil {
		return l, &layoutError{err}
	}
	return l, nil
}

// check reads the settings of every process of the layout before any starts, so
// that all that is wrong with them is said at once, and returns the paths.
func (a *app) check(l layouts.Layout) (service.Paths, error) {
	var paths service.Paths
	var problems service.Problems
	service.Parse(a.env, &paths, &problems)
	paths.Complete(a.env, &problems)
	errs := []error{problems.Err()}
	l, err := l.Resolve(a.env)
	if err != nil {
		return paths, &layoutError{err}
	}
	for _, p := range l.Processes {
		s, ok := services.Find(p.Service)
		if !ok {
			return paths, fmt.Errorf("layout %s: process %s: no service %q", l.Name, p.Name, p.Service)
		}
		env := maps.Clone(a.env)
		maps.Copy(env, p.Environment)
		_, err := s.Prepare(env)
		errs = append(errs, err)
	}
	return paths, service.JoinProblems(errs...)
}

func logFolder(p service.Paths) string { return filepath.Join(p.State, "logs") }

func folders(p service.Paths) []control.Folder {
	return []control.Folder{
		{Variable: "INPUT_STREAM_PATH", Path: p.Input, ReadOnly: true},
		{Variable: "OUTPUT_STREAM_PATH", Path: p.Output},
		{Variable: "STATE_PATH", Path: p.State},
		{Variable: "CACHE_PATH", Path: p.Cache},
	}
}

// platformLog is where supervision itself logs: standard error, or a file beside
// the children's logs while the dashboard has the screen.
func (a *app) platformLog(o platformOptions, p service.Paths) (hclog.Logger, func(), error) {
	common, err := service.CommonFromEnv(a.env)
	if err != nil {
		return nil, nil, err
	}
	if o.headless {
		return service.NewKit("platform", common, a.env, os.Stderr).Log, func() {}, nil
	}
	// A file for each run: what is of interest is the one that was just there.
	f, err := control.CreateLog(filepath.Join(logFolder(p), "platform.log"))
	if err != nil {
		return nil, nil, fmt.Errorf("STATE_PATH=%q: %w", p.State, err)
	}
	return service.NewKit("platform", common, a.env, f).Log, func() { _ = f.Close() }, nil // the log is over
}

func (a *app) doctor(ctx context.Context) error {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		return err
	}
	var paths service.Paths
	var places service.Topology
	var problems service.Problems
	service.Parse(a.env, &paths, &problems)
	paths.Complete(a.env, &problems)
	service.Parse(a.env, &places, &problems)
	places.Complete(&problems)
	if err := problems.Err(); err != nil {
		return err
	}
	list := control.Examine(ctx, control.DoctorOptions{
		Layout: layout, Env: a.env, Folders: folders(paths), Terminal: os.Stdout, Encode: encodes,
	})
	if !control.WriteFindings(a.out, list) {
		return errors.New("something necessary is missing, see above")
	}
	return nil
}

func (a *app) cacheCommand() *cobra.Command {
	cache := &cobra.Command{
		Use: "cache", Short: "the mezzanines: films in the form that they are aired in", Args: noCommand, ValidArgsFunction: cobra.NoFileCompletions,
		SuggestionsMinimumDistance: 2,
		RunE: func(*cobra.Command, []string) error {
			folder, err := a.cacheFolder()
			if err != nil {
				return err
			}
			return services.WriteCache(a.out, folder)
		},
	}
	var yes bool
	clearing := &cobra.Command{
		Use: "clear [NAME ...]", Short: "removes mezzanines, by their own names or their films'; without a name all that are not on air",
		ValidArgsFunction: a.completeCached,
		RunE:              func(_ *cobra.Command, names []string) error { return a.clearCache(names, yes) },
	}
	clearing.Flags().BoolVarP(&yes, "yes", "y", false, "without being asked")
	cache.AddCommand(clearing)
	return cache
}

// cacheFolder is CACHE_PATH.
func (a *app) cacheFolder() (string, error) {
	var paths service.Paths
	var problems service.Problems
	service.Parse(a.env, &paths, &problems)
	paths.Complete(a.env, &problems)
	return paths.Cache, problems.Err()
}

// clearCache removes mezzanines once the operator has said yes.
func (a *app) clearCache(names []string, yes bool) error {
	folder, err := a.cacheFolder()
	if err != nil {
		return err
	}
	list, err := services.ChooseCached(folder, names)
	switch {
	case err != nil && len(names) > 0:
		return &usageError{err}
	case err != nil:
		return err
	case len(list) > 0 && !yes && !isatty.IsTerminal(os.Stdin.Fd()):
		return &usageError{errors.New("cache clear asks before it removes anything: without a terminal it needs --yes")}
	case len(list) > 0 && !yes:
		fmt.Fprint(a.out, services.AskedToClear(list))
		var answer string
		_, _ = fmt.Fscanln(os.Stdin, &answer) // nothing is no
		if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
			return errors.New("nothing was removed")
		}
	}
	return services.ClearCache(a.out, folder, list, len(names) > 0)
}

func (a *app) completeCached(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	folder, err := a.cacheFolder()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, _ := services.ChooseCached(folder, nil) // what cannot be read is not completed
	var names []cobra.Completion
	for _, c := range list {
		names = append(names, cobra.CompletionWithDesc(c.Name, c.Film))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// encodes is doctor's look at an FFmpeg.
func encodes(ctx context.Context, command string) (wrong, remedy string) {
	err := ffmpeg.Check(ctx, command)
	var machine *ffmpeg.Machine
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &machine):
		return machine.What, machine.Remedy
	}
	return err.Error(), ""
}

func (a *app) layouts(args []string) error {
	if len(args) == 1 {
		b, err := layouts.Source(args[0])
		if err != nil {
			return &usageError{err}
		}
		_, err = a.out.Write(b)
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	for _, name := range layouts.Names() {
		l, err := layouts.Load(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\n", name, l.About)
	}
	return w.Flush()
}

// screenOptions are the flags of a dashboard.
type screenOptions struct {
	ascii, asciiDefault bool
	theme               string
}

// addTo adds the flags. ASCII is the default where the locale has no other letters.
func (o *screenOptions) addTo(cmd *cobra.Command, env map[string]string) {
	o.asciiDefault = !control.WritesUTF8(env)
	f := cmd.Flags()
	f.BoolVar(&o.ascii, "ascii", o.asciiDefault, "the dashboard with nothing beyond ASCII; without it that is so where LC_ALL, LC_CTYPE or LANG say so")
	f.StringVar(&o.theme, "theme", tui.Themes()[0], "the dashboard's `THEME`: "+strings.Join(tui.Themes(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions(tui.Themes(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
}

// given reports whether any was given.
func (o screenOptions) given() bool { return o.ascii != o.asciiDefault || o.theme != tui.Themes()[0] }

// check is of a dashboard; otherwise names what to use where there is no terminal, or
// one that cannot show it.
func (o screenOptions) check(env map[string]string, otherwise string) error {
	switch {
	case !slices.Contains(tui.Themes(), o.theme):
		return &usageError{fmt.Errorf("--theme %q: allowed are %s", o.theme, strings.Join(tui.Themes(), ", "))}
	case !isatty.IsTerminal(os.Stdin.Fd()) || !isatty.IsTerminal(os.Stdout.Fd()):
		return &usageError{errors.New("the dashboard needs a terminal; without one use " + otherwise)}
	case !control.MovesCursor(env):
		return &usageError{fmt.Errorf("TERM=%q: this terminal cannot move its cursor, which the dashboard needs; use %s, or set TERM to what the terminal is, such as xterm-256color", text.Clean(env["TERM"]), otherwise)}
	}
	return nil
}

// dashboard shows the platform until it has stopped, which q, a signal or the
// end of the screen itself brings about.
func dashboard(ctx context.Context, local *control.Local, layout layouts.Layout, o screenOptions) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	farewell := control.AwaitFarewell(local)
	stopped := make(chan struct{})
	var ran error
	go func() {
		defer close(stopped)
		ran = local.Run(ctx)
	}()
	// The screen's own context: it stays to show how everything stops.
	shown := tui.Run(context.WithoutCancel(ctx), local, layout, tui.Options{
		Stop: stop, Stopped: stopped, Kill: local.KillAll, ASCII: o.ascii, Theme: o.theme, Drills: drills(),
	})
	stop()
	<-stopped
	(<-farewell).Write(os.Stderr)
	return errors.Join(shown, ran)
}

// drills are the faults that can be made from the dashboard.
func drills() []tui.Drill {
	var list []tui.Drill
	for _, f := range drill.Faults() {
		if f.Own {
			continue // not on a platform that others watch
		}
		list = append(list, tui.Drill{Name: f.Name, About: f.About, Run: func(ctx context.Context, p control.Platform) (string, error) {
			return drill.Live(ctx, p, f)
		}})
	}
	return list
}
