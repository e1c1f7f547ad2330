package headless

import (
	"context"
	"fmt"
	"io"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// headlessTick is how often the headless output looks at what has no event.
const headlessTick = 250 * time.Millisecond

// Options say how to run without a terminal.
type Options struct {
	Out io.Writer
	// JSON writes each Event as a line of JSON, else text for people.
	JSON bool
	// For ends the run this long after the stream came on air; zero: not at all.
	For time.Duration
}

// Run runs p and writes what happens to o.Out, a line for each event, until
// ctx is cancelled, o.For is over, or the platform cannot come on air. The error
// is an *Outcome for the last, and when the stream is off air at the end of o.For;
// a cancelled ctx is no error.
func Run(ctx context.Context, p platform.Runner, o Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reading, done := context.WithCancel(context.WithoutCancel(ctx))
	defer done() // the subscription outlives ctx: the stop is to be seen as well

	snapshot, events, err := p.Subscribe(reading)
	if err != nil {
		return err
	}
	h := &headless{snapshot: snapshot, printer: printer{out: o.Out, json: o.JSON}, startup: newStartup(snapshot.Processes), duration: o.For}
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()
	tick := time.NewTicker(headlessTick)
	defer tick.Stop()
	var outcome error
	for events != nil {
		select {
		case e, open := <-events:
			if !open {
				events = nil // the platform has ended
				continue
			}
			h.event(e)
		case <-tick.C:
			if h.snapshot, err = p.Snapshot(reading); err != nil {
				h.printer.say(event.LevelWarn, "", err.Error())
			}
			if !h.snapshot.Stopping {
				h.aired(h.snapshot.OnAir, time.Now())
			}
			if ended, err := h.tick(time.Now()); ended && ctx.Err() == nil {
				outcome = err
				stop()
			}
		}
	}
	stop()
	if err := <-ran; err != nil {
		return err
	}
	return outcome
}

// headless is the state of one run; only Run's loop touches it.
type headless struct {
	snapshot platform.Snapshot // the newest
	printer  printer
	startup  *startup
	duration time.Duration

	readyAt time.Time      // since when every process is ready; zero while not
	onAirAt time.Time      // when the first signal was; zero before
	air     platform.OnAir // the light as it was seen last
	said    string         // what was last said of why it does not come on air
	// shown are the signals that have been on air.
	shown map[string]bool
	// unknown recurs by what is not known.
	unknown event.Recurring
	// films recur by what becomes of each.
	films event.Recurring
}

func (h *headless) event(e platform.Event) {
	if e.Status() != nil {
		h.startup.status(*e.Status(), e.Time)
	}
	if film, is := e.What.(event.Film); is {
		// One that is tried again and again goes to and fro between two states.
		h.films.Every = time.Minute
		_, text := filmText(film)
		h.films.Ended(e.Time)
		if _, say := h.films.Seen(text, e.Time); !say {
			return
		}
	}
	h.printer.event(e)
}

// aired takes the light, and tells of each signal's what no event tells.
func (h *headless) aired(o platform.OnAir, now time.Time) {
	if h.shown == nil {
		h.shown = map[string]bool{}
		h.unknown.Every = time.Minute
	}
	h.air = o
	if on, _ := o.Count(); on > 0 && h.onAirAt.IsZero() && h.startup.allReady() {
		h.onAirAt = now
	}
	var unknown []string
	for _, l := range o.Signals {
		switch {
		case l.State == platform.AirOn && !h.shown[l.Signal]:
			h.shown[l.Signal] = true
			h.printer.say(event.LevelInfo, "", "on air: "+h.snapshot.Playlist(l.Signal))
		case l.State == platform.AirEnded && h.shown[l.Signal]:
			delete(h.shown, l.Signal)
			h.printer.say(event.LevelInfo, "", "ended: "+l.Signal)
		case l.State == platform.AirUnknown:
			unknown = append(unknown, "unknown: "+l.Signal+": "+l.Reason)
		}
	}
	for _, t := range h.unknown.Only(unknown...) {
		h.printer.say(event.LevelInfo, "", t.Text+" (no more)")
	}
	for _, text := range unknown {
		if _, say := h.unknown.Seen(text, now); say {
			h.printer.say(event.LevelWarn, "", text)
		}
	}
}

// off is why the stream is off air; empty while it is not.
func (h *headless) off() string {
	switch {
	case h.onAirAt.IsZero() && !h.startup.allReady():
		return "some processes are not ready"
	case h.onAirAt.IsZero() || h.air.State == platform.AirOff:
		return h.air.Reason
	}
	return ""
}

// tick tells what is being waited for, and whether the run is at its end.
func (h *headless) tick(now time.Time) (ended bool, outcome error) {
	for _, p := range h.snapshot.Processes {
		h.startup.progress(p.Name, platform.ProgressText(p.Progress), now)
	}
	for _, n := range h.startup.waiting(now) {
		h.printer.say(event.LevelInfo, n.process, n.text)
	}
	switch {
	case h.onAirAt.IsZero():
		if why := h.startup.failure(now); why != "" {
			return true, &platform.Outcome{NeverReady: true, Reason: why}
		}
		return h.notYet(now)
	case h.duration > 0 && now.Sub(h.onAirAt) >= h.duration:
		if off := h.off(); off != "" {
			return true, &platform.Outcome{Reason: fmt.Sprintf("off air at the end of %s: %s", h.duration, off)}
		}
		return true, nil
	}
	return false, nil
}

// notYet tells why a platform whose processes are all ready is not on air, and
// gives up on it in the end.
func (h *headless) notYet(now time.Time) (ended bool, outcome error) {
	switch {
	case !h.startup.allReady():
		h.readyAt = time.Time{}
		return false, nil
	case h.readyAt.IsZero():
		h.readyAt = now
	}
	waited, off := now.Sub(h.readyAt), h.off()
	if waited >= readyPatience {
		return true, &platform.Outcome{Reason: fmt.Sprintf("every process is ready, but nothing came on air within %s: %s", readyPatience, off)}
	}
	if waited >= quietWait && h.said != off {
		h.said = off
		h.printer.say(event.LevelInfo, "", "not on air yet: "+off)
	}
	return false, nil
}
