package receiver

import (
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/receiver/program"
)

// announce logs a change of the inputs as an event. next are the effects after it.
func (g *signal) announce(e program.Effect, next []program.Effect) {
	switch e := e.(type) {
	case program.Lost:
		name := g.sources[e.Input].name
		event.Alert(g.events, "a live input is lost", event.Input{Signal: g.name, Change: event.InputLost, Input: name, Cause: name + " " + e.Cause.Text()})
	case program.Back:
		name := g.sources[e.Input].name
		event.Emit(g.events, "a live input is back", event.Input{Signal: g.name, Change: event.InputBack, Input: name, Cause: "after " + e.After.Round(time.Millisecond).String()})
	case program.SlateOn:
		g.switched(program.Switched{From: e.From, To: program.Slate, Cause: e.Cause}, e.From)
	case program.SlateOff:
		off, left := program.Switched{To: e.To, Gap: e.After, Cause: program.Cause{Reason: program.Returned}}, e.To
		for _, n := range next {
			if s, ok := n.(program.Switched); ok {
				off, left = s, s.From
			}
		}
		off.From = program.Slate
		g.switched(off, left)
	case program.Switched:
		if g.latest != e.To { // SlateOff has told it otherwise
			g.switched(e, e.From)
		}
	}
}

// switched logs that another source is on air. left is the one that the cause is about where
// something was left.
func (g *signal) switched(e program.Switched, left program.Source) {
	g.latest = e.To
	emit, message := event.Alert, "another live input is on air"
	switch e.Cause.Reason {
	case program.First, program.Returned, program.Operator, program.Restarted, program.TakenOver:
		left, emit = e.To, event.Emit
	}
	if e.To == program.Slate {
		emit, message = event.Alert, "the slate is on air"
	}
	text := g.sourceName(left) + " " + e.Cause.Text()
	switch {
	case e.Cause.Reason == program.TakenOver:
		text = g.sourceName(e.To) + " comes from the receiver of another machine now"
	case e.Cause.Reason != program.Restarted:
	case e.To == program.Slate:
		text = "no input is there yet after a restart"
	default:
		text = g.sourceName(e.To) + " is there after a restart"
	}
	g.metrics.switches.WithLabelValues(g.name).Inc()
	emit(g.events, message, event.Input{
		Signal: g.name, Change: event.InputSwitched, Input: g.sourceName(e.To), From: g.sourceName(e.From), Cause: text, Reason: e.Cause.Reason.String(),
		GapMS: float64(e.Gap.Microseconds()) / 1000, Frames: e.Frames,
	})
}
