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
		told <- f
	}()
	return told
}

// Write leaves a line for each process where the screen was.
func (f Farewell) Write(w io.Writer) {
	for _, e := range f.ends {
		took := max(0, e.Time.Sub(f.asked)).Round(time.Millisecond)
		fmt.Fprintf(w, "%-12s stopped after %s: %s\n", e.Process, took, cmp.Or(e.Status.LastExit, e.Status.State.String()))
	}
}
