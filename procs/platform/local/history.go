package local

import (
	"context"
	"sync"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/series"
)

// past keeps the platform's figures. It has a lock of its own: a client that asks for all of
// them must not delay a line of log.
type past struct {
	mu     sync.Mutex
	keeper series.Keeper // guarded by mu
}

// History implements platform.Platform. It fails only when ctx is cancelled.
func (l *Local) History(ctx context.Context, since time.Time) (series.History, error) {
	l.past.mu.Lock()
	defer l.past.mu.Unlock()
	return l.past.keeper.Since(since), ctx.Err()
}

// keep takes the platform's figures, once each step, until ctx is cancelled.
func (l *Local) keep(ctx context.Context) {
	asked := newRequests()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(procs.UntilNext(time.Now(), series.Step)):
		}
		s, _ := l.Snapshot(ctx) // it fails only when ctx is cancelled
		l.Keep(time.Now(), asked.rates(ctx, s)...)
	}
}

// Keep takes the platform's figures as those of a time, with points that the snapshot does
// not have.
func (l *Local) Keep(at time.Time, more ...series.Point) {
	s := l.Now()
	points, spare := append(model.Figures(s, at), more...), model.Spare(s)
	l.past.mu.Lock()
	defer l.past.mu.Unlock()
	l.past.keeper.Take(at, points, spare)
}
