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

// StopSummary says how a platform stopped: which process ended when, and the last outages of
// the run.
type StopSummary struct {
	began time.Time        // of the shutdown
	ends  []platform.Event // in order of time
	// outages are the latest ones of the run, omitted how many came before them.
	outages []platform.OutageAt
	omitted int
}

// WatchStop watches a platform that has not started yet, and returns its summary once it has
// ended.
func WatchStop(p platform.Platform) (<-chan StopSummary, error) {
	ctx := context.Background() // the subscription ends with the platform
	_, events, err := p.Subscribe(ctx)
	if err != nil {
		return nil, err
	}
	stopped := make(chan StopSummary, 1)
	go func() {
		var f StopSummary
		for e := range events {
			s, _ := p.Snapshot(ctx) // the latest that is known
			switch {
			case e.Status() == nil || !s.Stopping:
			case e.Status().PID != 0:
				if f.began.IsZero() {
					f.began = e.Time
				}
			case !slices.ContainsFunc(f.ends, func(o platform.Event) bool { return o.Process == e.Process }):
				f.ends = append(f.ends, e)
			}
		}
		if s, _ := p.Snapshot(ctx); len(s.Outages) > 0 { // as above
			f.omitted = max(0, len(s.Outages)-platform.OutagesShown)
			f.outages = s.Outages[f.omitted:]
		}
		stopped <- f
	}()
	return stopped, nil
}

// Write writes a line for each outage and each process.
func (f StopSummary) Write(w io.Writer) {
	if f.omitted > 0 {
		fmt.Fprintf(w, "%d earlier outages\n", f.omitted)
	}
	for _, o := range f.outages {
		end := ""
		if o.Lasts() {
			end = ", until the end"
		}
		fmt.Fprintf(w, "%-12s off air for %s from %s%s\n", text.Joined(o.Signal), o.Length(f.began), o.Since.Local().Format("2006-01-02 15:04:05.000"), end)
	}
	for _, e := range f.ends {
		took := max(0, e.Time.Sub(f.began)).Round(time.Millisecond)
		fmt.Fprintf(w, "%-12s stopped after %s: %s\n", e.Process, took, cmp.Or(e.Status().LastExit, e.Status().State.String()))
	}
}
