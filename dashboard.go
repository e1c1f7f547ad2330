package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"livestream-tui/layouts"
	"livestream-tui/procs/control"
	"livestream-tui/procs/drill"
	"livestream-tui/tui"
)

// screenOptions are the flags of a dashboard.
type screenOptions struct {
	ascii bool
	theme string
}

func (o *screenOptions) addTo(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.ascii, "ascii", false, "the dashboard with nothing beyond ASCII")
	f.StringVar(&o.theme, "theme", tui.Themes()[0], "the dashboard's `THEME`: "+strings.Join(tui.Themes(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions(tui.Themes(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
}

// given reports whether any was given.
func (o screenOptions) given() bool { return o.ascii || o.theme != tui.Themes()[0] }

// check is of a dashboard; otherwise names what to use where there is no terminal.
func (o screenOptions) check(otherwise string) error {
	switch {
	case !slices.Contains(tui.Themes(), o.theme):
		return &usageError{fmt.Errorf("--theme %q: allowed are %s", o.theme, strings.Join(tui.Themes(), ", "))}
	case !isatty.IsTerminal(os.Stdin.Fd()) || !isatty.IsTerminal(os.Stdout.Fd()):
		return &usageError{errors.New("the dashboard needs a terminal; without one use " + otherwise)}
	}
	return nil
}

// dashboard shows the platform until it has stopped, which q, a signal or the
// end of the screen itself brings about.
func dashboard(ctx context.Context, local *control.Local, layout layouts.Layout, o screenOptions) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	farewell := awaitFarewell(local)
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
	(<-farewell).write(os.Stderr)
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

// farewell is how the platform stopped: who ended when, in that order.
type farewell struct {
	asked time.Time
	ends  []control.Event
}

// awaitFarewell watches a platform that has not been run yet until it has ended.
func awaitFarewell(p control.Platform) <-chan farewell {
	_, events := p.Subscribe(context.Background()) // ends with the platform
	told := make(chan farewell, 1)
	go func() {
		var f farewell
		for e := range events {
			switch {
			case e.Status == nil || !p.Snapshot().Stopping:
			case e.Status.PID != 0:
				if f.asked.IsZero() {
					f.asked = e.Time
				}
			case !slices.ContainsFunc(f.ends, func(o control.Event) bool { return o.Process == e.Process }):
				f.ends = append(f.ends, e)
			}
		}
		told <- f
	}()
	return told
}

// write leaves a line for each process where the screen was.
func (f farewell) write(w io.Writer) {
	for _, e := range f.ends {
		took := max(0, e.Time.Sub(f.asked)).Round(time.Millisecond)
		fmt.Fprintf(w, "%-12s stopped after %s: %s\n", e.Process, took, cmp.Or(e.Status.LastExit, e.Status.State.String()))
	}
}
