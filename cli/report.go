package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"livestream-tui/procs/journal/summary"
)

func reportCommand(a *app) *cobra.Command {
	var since, page string
	cmd := &cobra.Command{
		Use: "report", Short: "sum up what happened, as Markdown: availability, outages, failovers; also while nothing runs", Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error { return a.report(since, page) },
	}
	cmd.Flags().StringVar(&since, "since", "24h", "sum up from this `TIME` on: "+sinceHelp)
	cmd.Flags().StringVar(&page, "html", "", "write a page with plots to `FILE` as well")
	return cmd
}

// report sums up the journal from a time on.
func (a *app) report(since, page string) error {
	now := time.Now()
	from, err := parseSince(since, now)
	if err != nil {
		return &usageError{err}
	}
	past, until, err := a.journal()
	if err != nil {
		return err
	}
	s := summary.Of(past.Events, summary.Span{From: from, To: now}, until)
	if page != "" {
		if err := writeFile(page, s.WriteHTML); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	return s.WriteMarkdown(a.out)
}
