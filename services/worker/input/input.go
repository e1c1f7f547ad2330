package input

import (
	"context"
	"time"

	"livestream-tui/services/hls/media"
)

// Input is a kind of input. It airs its signals through the Host that it was made with.
// One goroutine calls Prepare, then Look again and again; Status must be safe to call from
// others meanwhile.
type Input interface {
	// Prepare returns the signals for which the input has something to show at the start.
	// It is called once, before any Look, and may wait until that is known or ctx is
	// cancelled. An error ends the worker.
	Prepare(ctx context.Context) ([]string, error)
	// Look starts the signals that have come since the last look and ends those that have
	// gone. It does not wait for a signal to come on air: the other inputs come after it.
	Look(ctx context.Context)
	// Status is what readiness says about signals that are not on air.
	Status() Status
}

// Fallback is an Input that makes something to show where no input has anything.
type Fallback interface {
	Input
	// Fallback returns the signal that is shown then, and what makes it.
	Fallback() (signal string, create func(context.Context) error)
}

// Status is how far an input's signals are that are not on air.
type Status struct {
	// Doing is what keeps the input from its first look; empty when nothing does.
	Doing string
	// Coming are the signals on their way to the air.
	Coming []Coming
	// Idle says why nothing is on air when nothing is coming either.
	Idle []string
	// Standby are signals that come on air once an encoder sends. The worker is ready for
	// them: there is nothing that it has to do before.
	Standby []string
}

// Coming is a signal on its way to the air. One that is on air already, such as in an
// earlier version, counts as on air.
type Coming struct {
	Signal, Doing string
	// Soon says that at the start the worker is not ready before the signal is on air.
	Soon bool
}

// Host is what the worker gives to an input. It keeps the names of signals apart, opens
// their outputs, encodes, and counts what is on air for readiness. Safe for concurrent use.
type Host interface {
	// Claim sets the names of all signals that the input airs or is about to air, in place
	// of those it claimed before. It returns the names that another input has claimed, each
	// with that input; the caller must not air those. A name that is on air stays claimed.
	Claim(signals []string) (taken map[string]string)
	// Air airs a source under a claimed name until ctx is cancelled, and starts FFmpeg again
	// whenever that ends. The error says why it had to stop; Backoff is the pause before
	// another attempt. Sources of one signal follow each other without a hole; each is aired
	// once the call for the former has returned.
	Air(ctx context.Context, a Airing) error
	// End ends a signal whose source is gone, after Air has returned: its playlist ends, its
	// name is free, and later its media is removed. Without an output that is open it does
	// nothing. A signal of that name may come on air again.
	End(ctx context.Context, signal string)
	// Go runs a function in a goroutine. When the worker stops, it cancels the context of
	// Look and waits for the function before it closes the outputs.
	Go(run func())
}

// Airing is a source or a feed to air as a signal.
type Airing struct {
	Signal string
	// Source is encoded by FFmpeg and cut on the grid. Feed has its own segments, which are
	// published as they are. Just one of both is set.
	Source Source
	Feed   Feed
	// Encoded is true where each worker encodes the Source for itself, so that its segments
	// have the same times at every worker, but not the same bytes.
	Encoded bool
	// Segment is how long its segments are; zero means media.DefaultSegment. Those of a feed
	// are about as long.
	Segment time.Duration
	// Changed is when the source became what it is: where no folder tells the last number,
	// numbers are counted from then. It matters only with another Segment than the default,
	// and must be the same at every worker.
	Changed time.Time
	// Started, if not nil, is called each time the output is open, before FFmpeg starts.
	// Published, if not nil, is called then, once the first segment is published.
	Started, Published func()
}

// Grid is the airing's grid where nothing is known of the numbers that the signal had
// before.
//
// A signal's numbers never go down, but segments that are longer than those of the plain
// grid are fewer. So the numbers of another grid are moved up: an hour after the change
// they are one above those of the plain grid, and more before. This follows from the source
// alone, so that every worker that has it numbers alike.
func (a Airing) Grid() media.Grid {
	g := media.Grid{Segment: a.Segment}
	if g.Length() == media.DefaultSegment {
		return media.Grid{}
	}
	m := g.Start(g.At(a.Changed.Add(time.Hour)))
	g.Offset = media.Grid{}.At(m) + 1 - g.At(m)
	return g
}
