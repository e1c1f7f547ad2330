package cli

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"livestream-tui/procs/headless"
	"livestream-tui/procs/journal"
	"livestream-tui/procs/journal/summary"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
)

func eventsCommand(a *app) *cobra.Command {
	var since string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "events", Short: "list what has happened, from the journal; also while nothing runs", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error { return a.events(since, asJSON) },
	}
	cmd.Flags().StringVar(&since, "since", "24h", "list events from this `TIME` on: "+sinceHelp)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each event as a line of JSON, as --headless does")
	return cmd
}

// events lists the journal from a time on.
func (a *app) events(since string, asJSON bool) error {
	from, err := parseSince(since, time.Now())
	if err != nil {
		return &usageError{err}
	}
	past, _, err := a.journal()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	if !asJSON {
		past.Events = summary.Named(past.Events)
	}
	list := slices.DeleteFunc(past.Events, func(e platform.Event) bool { return e.Time.Before(from) })
	for _, e := range list {
		headless.WriteEvent(out, e, asJSON)
	}
	if len(list) == 0 {
		fmt.Fprintf(a.errs, "no events since %s\n", from.Format(time.DateTime))
	}
	return out.Flush()
}

// journal reads the journal, with those of the other machines while a platform of a cluster
// runs. until is how far it tells what happened: up to now while the
// platform runs.
func (a *app) journal() (past journal.Past, until time.Time, err error) {
	paths, err := a.paths()
	if err != nil {
		return past, until, err
	}
	now := time.Now()
	past, err = journal.Read(paths.State, now)
	if err != nil {
		return past, until, fmt.Errorf("STATE_PATH=%q: %w", paths.State, err)
	}
	if past.Skipped > 0 {
		fmt.Fprintf(a.errs, "%d lines of %s could not be read and were skipped\n", past.Skipped, journal.Path(paths.State))
	}
	until = past.Seen
	if p, err := a.dial(context.Background()); err == nil { // it answers at once, or nothing runs
		defer p.Close()
		until = now
		past.Events = withOthers(past.Events, p)
	}
	return past, until, nil
}

// withOthers returns the events of a journal with those of the other machines of a cluster,
// as far as they are heard.
func withOthers(events []platform.Event, p *api.Remote) []platform.Event {
	machines := p.Latest().Machines
	if len(machines) < 2 {
		return events
	}
	own := machines[max(0, slices.IndexFunc(machines, func(m platform.Machine) bool { return m.Own }))].Name
	all, err := p.Journal(context.Background(), time.Time{}, platform.JournalMost)
	if err != nil {
		return events // what this machine knows is told all the same
	}
	others := slices.DeleteFunc(all, func(e platform.Event) bool { return e.Machine == "" || e.What == nil })
	return platform.OneStory(own, events, others)
}
