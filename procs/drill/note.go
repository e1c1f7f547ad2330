package drill

import (
	"context"
	"errors"
	"time"

	"livestream-tui/procs/platform"
)

// noteWithin is how long the platform may take to note a drill.
const noteWithin = 5 * time.Second

// errNotInjected is the error of a drill whose fault could not be injected.
var errNotInjected = errors.New("the fault could not be made")

// verdict returns how a drill ended, and what was seen, for the journal.
func verdict(ctx context.Context, seen string, err error) (platform.DrillVerdict, string) {
	switch {
	case ctx.Err() != nil:
		return platform.DrillAborted, "ended by the operator"
	case errors.Is(err, errNotInjected):
		return platform.DrillAborted, err.Error()
	case err != nil:
		return platform.DrillFailed, err.Error()
	}
	return platform.DrillPassed, seen
}

// note puts a drill into the platform's journal. A platform of an earlier version refuses
// that, and the drill goes on without.
func note(ctx context.Context, p platform.Platform, d platform.Drilled) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	_ = p.Command(ctx, platform.Command{Action: platform.NoteDrill, Drill: &d, By: platform.Actor{Via: platform.ViaDrill}})
}
