package control

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Farewell is how the platform stopped: who ended when, in that order.
type Farewell struct {
	asked time.Time
	ends  []Event
	// outages are the newest ones of the run.
	outages []OutageAt
	more    int
}

// AwaitFarewell watches a platform that has not been run yet until it has ended.
func AwaitFarewell(p Platform) <-chan Farewell {
	_, events := p.Subscribe(context.Background()) // ends with the platform
	told := make(chan Farewell, 1)
	go func() {
		var f Farewell
		for e := range events {
			switch {
			case e.Status == nil || !p.Snapshot().Stopping:
			case e.Status.PID != 0:
				if f.asked.IsZero() {
					f.asked = e.Time
				}
			case !slices.ContainsFunc(f.ends, func(o Event) bool { return o.Process == e.Process }):
				f.ends = append(f.ends, e)
			}
		}
		if s := p.Snapshot(); len(s.Outages) > 0 {
			f.more = max(0, len(s.Outages)-outagesShown)
			f.outages = s.Outages[f.more:]
		}
		told <- f
	}()
	return told
}

// Write leaves a line for each outage and each process where the screen was.
func (f Farewell) Write(w io.Writer) {
	if f.more > 0 {
		fmt.Fprintf(w, "%d outages before these\n", f.more)
	}
	for _, o := range f.outages {
		end := ""
		if o.Lasts() {
			end = ", until it stopped"
		}
		fmt.Fprintf(w, "%-12s off air for %s from %s%s\n", clean(o.Signal), o.Length(f.asked), o.Since.Local().Format("2006-01-02 15:04:05.000"), end)
	}
	for _, e := range f.ends {
		took := max(0, e.Time.Sub(f.asked)).Round(time.Millisecond)
		fmt.Fprintf(w, "%-12s stopped after %s: %s\n", e.Process, took, cmp.Or(e.Status.LastExit, e.Status.State.String()))
	}
}
