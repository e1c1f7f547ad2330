package headless

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// StopSummary is how the platform stopped: who ended when, in that order.
type StopSummary struct {
	asked time.Time
	ends  []platform.Event
	// outages are the newest ones of the run.
	outages []platform.OutageAt
	more    int
}

// WatchStop watches a platform that has not been run yet until it has ended.
func WatchStop(p platform.Platform) (<-chan StopSummary, error) {
	ctx := context.Background() // the subscription ends with the platform
	_, events, err := p.Subscribe(ctx)
	if err != nil {
		return nil, err
	}
	told := make(chan StopSummary, 1)
	go func() {
		var f StopSummary
		for e := range events {
			s, _ := p.Snapshot(ctx) // the newest that is known
			switch {
			case e.Status() == nil || !s.Stopping:
			case e.Status().PID != 0:
				if f.asked.IsZero() {
					f.asked = e.Time
				}
			case !slices.ContainsFunc(f.ends, func(o platform.Event) bool { return o.Process == e.Process }):
				f.ends = append(f.ends, e)
			}
		}
		if s, _ := p.Snapshot(ctx); len(s.Outages) > 0 { // as above
			f.more = max(0, len(s.Outages)-platform.OutagesShown)
			f.outages = s.Outages[f.more:]
		}
		told <- f
	}()
	return told, nil
}

// Write leaves a line for each outage and each process where the screen was.
func (f StopSummary) Write(w io.Writer) {
	if f.more > 0 {
		fmt.Fprintf(w, "%d outages before these\n", f.more)
	}
	for _, o := range f.outages {
		end := ""
		if o.Lasts() {
			end = ", until it stopped"
		}
		fmt.Fprintf(w, "%-12s off air for %s from %s%s\n", text.Joined(o.Signal), o.Length(f.asked), o.Since.Local().Format("2006-01-02 15:04:05.000"), end)
	}
	for _, e := range f.ends {
		took := max(0, e.Time.Sub(f.asked)).Round(time.Millisecond)
		fmt.Fprintf(w, "%-12s stopped after %s: %s\n", e.Process, took, cmp.Or(e.Status().LastExit, e.Status().State.String()))
	}
}
