package fault

import (
	"context"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
)

var (
	clockStep = Fault{Name: "clock-step", More: true, hits: theFirst(layouts.Worker), inject: stepClock, Proves: "The clock steps",
		About: "the encoder's clock is set an hour on, then an hour back, and its FFmpeg is killed each time"}

	randomClockStep = Random{Name: "clock-step", About: "has its clock set forward and back", Roles: []layouts.Role{layouts.Worker}, inject: stepClock}
)

// hour is how far the clock is set, in seconds.
const hour = 3600

// stepClock sets a worker's clock forward and back. It kills FFmpeg each time, so that the
// worker starts an encoder and reads the clock again.
func stepClock(ctx context.Context, a *attempt, process string) error {
	if err := a.copied(ctx, process); err != nil {
		return err
	}
	for _, step := range []float64{hour, -hour} {
		if err := a.setSwitch(ctx, process, platform.Fault{Mode: "clock-step", Seconds: step}); err != nil {
			return err
		}
		if err := a.target.killChildOf(ctx, process); err != nil {
			return err
		}
		if err := poll.Sleep(ctx, TargetDuration); err != nil { // a segment
			return err
		}
	}
	return nil
}
